-- The schema of Chatwoot 4.10: its tables, indexes, triggers and the list of its own migrations.
-- The two embedding columns are text, and their indexes are absent, where the server has no pgvector.

create extension if not exists pg_trgm;
create extension if not exists pgcrypto;

create sequence access_tokens_id_seq;
create table access_tokens (
  id bigint not null default nextval('access_tokens_id_seq'::regclass),
  owner_type character varying,
  owner_id bigint,
  token character varying,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  constraint access_tokens_pkey primary key (id)
);
alter sequence access_tokens_id_seq owned by access_tokens.id;
create index index_access_tokens_on_owner_type_and_owner_id on access_tokens using btree (owner_type, owner_id);
create unique index index_access_tokens_on_token on access_tokens using btree (token);

create sequence account_saml_settings_id_seq;
create table account_saml_settings (
  id bigint not null default nextval('account_saml_settings_id_seq'::regclass),
  account_id bigint not null,
  sso_url character varying,
  certificate text,
  sp_entity_id character varying,
  idp_entity_id character varying,
  role_mappings json default '{}'::json,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  constraint account_saml_settings_pkey primary key (id)
);
alter sequence account_saml_settings_id_seq owned by account_saml_settings.id;
create index index_account_saml_settings_on_account_id on account_saml_settings using btree (account_id);

create sequence account_users_id_seq;
create table account_users (
  id bigint not null default nextval('account_users_id_seq'::regclass),
  account_id bigint,
  user_id bigint,
  role integer default 0,
  inviter_id bigint,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  active_at timestamp without time zone,
  availability integer not null default 0,
  auto_offline boolean not null default true,
  custom_role_id bigint,
  agent_capacity_policy_id bigint,
  constraint account_users_pkey primary key (id)
);
alter sequence account_users_id_seq owned by account_users.id;
create index index_account_users_on_account_id on account_users using btree (account_id);
create index index_account_users_on_agent_capacity_policy_id on account_users using btree (agent_capacity_policy_id);
create index index_account_users_on_custom_role_id on account_users using btree (custom_role_id);
create index index_account_users_on_user_id on account_users using btree (user_id);
create unique index uniq_user_id_per_account_id on account_users using btree (account_id, user_id);

create sequence accounts_id_seq as integer;
create table accounts (
  id integer not null default nextval('accounts_id_seq'::regclass),
  name character varying not null,
  created_at timestamp without time zone not null,
  updated_at timestamp without time zone not null,
  locale integer default 0,
  domain character varying(100),
  support_email character varying(100),
  feature_flags bigint not null default 0,
  auto_resolve_duration integer,
  limits jsonb default '{}'::jsonb,
  custom_attributes jsonb default '{}'::jsonb,
  status integer default 0,
  internal_attributes jsonb not null default '{}'::jsonb,
  settings jsonb default '{}'::jsonb,
  constraint accounts_pkey primary key (id)
);
alter sequence accounts_id_seq owned by accounts.id;
create index index_accounts_on_status on accounts using btree (status);

create sequence action_mailbox_inbound_emails_id_seq;
create table action_mailbox_inbound_emails (
  id bigint not null default nextval('action_mailbox_inbound_emails_id_seq'::regclass),
  status integer not null default 0,
  message_id character varying not null,
  message_checksum character varying not null,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  constraint action_mailbox_inbound_emails_pkey primary key (id)
);
alter sequence action_mailbox_inbound_emails_id_seq owned by action_mailbox_inbound_emails.id;
create unique index index_action_mailbox_inbound_emails_uniqueness on action_mailbox_inbound_emails using btree (message_id, message_checksum);

create sequence active_storage_attachments_id_seq;
create table active_storage_attachments (
  id bigint not null default nextval('active_storage_attachments_id_seq'::regclass),
  name character varying not null,
  record_type character varying not null,
  record_id bigint not null,
  blob_id bigint not null,
  created_at timestamp without time zone not null,
  constraint active_storage_attachments_pkey primary key (id)
);
alter sequence active_storage_attachments_id_seq owned by active_storage_attachments.id;
create index index_active_storage_attachments_on_blob_id on active_storage_attachments using btree (blob_id);
create unique index index_active_storage_attachments_uniqueness on active_storage_attachments using btree (record_type, record_id, name, blob_id);

create sequence active_storage_blobs_id_seq;
create table active_storage_blobs (
  id bigint not null default nextval('active_storage_blobs_id_seq'::regclass),
  key character varying not null,
  filename character varying not null,
  content_type character varying,
  metadata text,
  byte_size bigint not null,
  checksum character varying,
  created_at timestamp without time zone not null,
  service_name character varying not null,
  constraint active_storage_blobs_pkey primary key (id)
);
alter sequence active_storage_blobs_id_seq owned by active_storage_blobs.id;
create unique index index_active_storage_blobs_on_key on active_storage_blobs using btree (key);

create sequence active_storage_variant_records_id_seq;
create table active_storage_variant_records (
  id bigint not null default nextval('active_storage_variant_records_id_seq'::regclass),
  blob_id bigint not null,
  variation_digest character varying not null,
  constraint active_storage_variant_records_pkey primary key (id)
);
alter sequence active_storage_variant_records_id_seq owned by active_storage_variant_records.id;
create unique index index_active_storage_variant_records_uniqueness on active_storage_variant_records using btree (blob_id, variation_digest);

create sequence agent_bot_inboxes_id_seq;
create table agent_bot_inboxes (
  id bigint not null default nextval('agent_bot_inboxes_id_seq'::regclass),
  inbox_id integer,
  agent_bot_id integer,
  status integer default 0,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  account_id integer,
  constraint agent_bot_inboxes_pkey primary key (id)
);
alter sequence agent_bot_inboxes_id_seq owned by agent_bot_inboxes.id;

create sequence agent_bots_id_seq;
create table agent_bots (
  id bigint not null default nextval('agent_bots_id_seq'::regclass),
  name character varying,
  description character varying,
  outgoing_url character varying,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  account_id bigint,
  bot_type integer default 0,
  bot_config jsonb default '{}'::jsonb,
  constraint agent_bots_pkey primary key (id)
);
alter sequence agent_bots_id_seq owned by agent_bots.id;
create index index_agent_bots_on_account_id on agent_bots using btree (account_id);

create sequence agent_capacity_policies_id_seq;
create table agent_capacity_policies (
  id bigint not null default nextval('agent_capacity_policies_id_seq'::regclass),
  account_id bigint not null,
  name character varying(255) not null,
  description text,
  exclusion_rules jsonb not null default '{}'::jsonb,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  constraint agent_capacity_policies_pkey primary key (id)
);
alter sequence agent_capacity_policies_id_seq owned by agent_capacity_policies.id;
create index index_agent_capacity_policies_on_account_id on agent_capacity_policies using btree (account_id);

create sequence applied_slas_id_seq;
create table applied_slas (
  id bigint not null default nextval('applied_slas_id_seq'::regclass),
  account_id bigint not null,
  sla_policy_id bigint not null,
  conversation_id bigint not null,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  sla_status integer default 0,
  constraint applied_slas_pkey primary key (id)
);
alter sequence applied_slas_id_seq owned by applied_slas.id;
create index index_applied_slas_on_account_id on applied_slas using btree (account_id);
create unique index index_applied_slas_on_account_sla_policy_conversation on applied_slas using btree (account_id, sla_policy_id, conversation_id);
create index index_applied_slas_on_conversation_id on applied_slas using btree (conversation_id);
create index index_applied_slas_on_sla_policy_id on applied_slas using btree (sla_policy_id);

create table ar_internal_metadata (
  key character varying not null,
  value character varying,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  constraint ar_internal_metadata_pkey primary key (key)
);

create sequence article_embeddings_id_seq;
create table article_embeddings (
  id bigint not null default nextval('article_embeddings_id_seq'::regclass),
  article_id bigint not null,
  term text not null,
  embedding text,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  constraint article_embeddings_pkey primary key (id)
);
alter sequence article_embeddings_id_seq owned by article_embeddings.id;

create sequence articles_id_seq;
create table articles (
  id bigint not null default nextval('articles_id_seq'::regclass),
  account_id integer not null,
  portal_id integer not null,
  category_id integer,
  folder_id integer,
  title character varying,
  description text,
  content text,
  status integer,
  views integer,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  author_id bigint,
  associated_article_id bigint,
  meta jsonb default '{}'::jsonb,
  slug character varying not null,
  position integer,
  locale character varying not null default 'en'::character varying,
  constraint articles_pkey primary key (id)
);
alter sequence articles_id_seq owned by articles.id;
create index index_articles_on_account_id on articles using btree (account_id);
create index index_articles_on_associated_article_id on articles using btree (associated_article_id);
create index index_articles_on_author_id on articles using btree (author_id);
create index index_articles_on_portal_id on articles using btree (portal_id);
create unique index index_articles_on_slug on articles using btree (slug);
create index index_articles_on_status on articles using btree (status);
create index index_articles_on_views on articles using btree (views);

create sequence assignment_policies_id_seq;
create table assignment_policies (
  id bigint not null default nextval('assignment_policies_id_seq'::regclass),
  account_id bigint not null,
  name character varying(255) not null,
  description text,
  assignment_order integer not null default 0,
  conversation_priority integer not null default 0,
  fair_distribution_limit integer not null default 100,
  fair_distribution_window integer not null default 3600,
  enabled boolean not null default true,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  constraint assignment_policies_pkey primary key (id)
);
alter sequence assignment_policies_id_seq owned by assignment_policies.id;
create index index_assignment_policies_on_account_id on assignment_policies using btree (account_id);
create unique index index_assignment_policies_on_account_id_and_name on assignment_policies using btree (account_id, name);
create index index_assignment_policies_on_enabled on assignment_policies using btree (enabled);

create sequence attachments_id_seq as integer;
create table attachments (
  id integer not null default nextval('attachments_id_seq'::regclass),
  file_type integer default 0,
  external_url character varying,
  coordinates_lat double precision default 0.0,
  coordinates_long double precision default 0.0,
  message_id integer not null,
  account_id integer not null,
  created_at timestamp without time zone not null,
  updated_at timestamp without time zone not null,
  fallback_title character varying,
  extension character varying,
  meta jsonb default '{}'::jsonb,
  constraint attachments_pkey primary key (id)
);
alter sequence attachments_id_seq owned by attachments.id;
create index index_attachments_on_account_id on attachments using btree (account_id);
create index index_attachments_on_message_id on attachments using btree (message_id);

create sequence audits_id_seq;
create table audits (
  id bigint not null default nextval('audits_id_seq'::regclass),
  auditable_id bigint,
  auditable_type character varying,
  associated_id bigint,
  associated_type character varying,
  user_id bigint,
  user_type character varying,
  username character varying,
  action character varying,
  audited_changes jsonb,
  version integer default 0,
  comment character varying,
  remote_address character varying,
  request_uuid character varying,
  created_at timestamp without time zone,
  constraint audits_pkey primary key (id)
);
alter sequence audits_id_seq owned by audits.id;
create index associated_index on audits using btree (associated_type, associated_id);
create index auditable_index on audits using btree (auditable_type, auditable_id, version);
create index index_audits_on_created_at on audits using btree (created_at);
create index index_audits_on_request_uuid on audits using btree (request_uuid);
create index user_index on audits using btree (user_id, user_type);

create sequence automation_rules_id_seq;
create table automation_rules (
  id bigint not null default nextval('automation_rules_id_seq'::regclass),
  account_id bigint not null,
  name character varying not null,
  description text,
  event_name character varying not null,
  conditions jsonb not null default '"{}"'::jsonb,
  actions jsonb not null default '"{}"'::jsonb,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  active boolean not null default true,
  constraint automation_rules_pkey primary key (id)
);
alter sequence automation_rules_id_seq owned by automation_rules.id;
create index index_automation_rules_on_account_id on automation_rules using btree (account_id);

create sequence campaigns_id_seq;
create table campaigns (
  id bigint not null default nextval('campaigns_id_seq'::regclass),
  display_id integer not null,
  title character varying not null,
  description text,
  message text not null,
  sender_id integer,
  enabled boolean default true,
  account_id bigint not null,
  inbox_id bigint not null,
  trigger_rules jsonb default '{}'::jsonb,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  campaign_type integer not null default 0,
  campaign_status integer not null default 0,
  audience jsonb default '[]'::jsonb,
  scheduled_at timestamp without time zone,
  trigger_only_during_business_hours boolean default false,
  template_params jsonb,
  constraint campaigns_pkey primary key (id)
);
alter sequence campaigns_id_seq owned by campaigns.id;
create index index_campaigns_on_account_id on campaigns using btree (account_id);
create index index_campaigns_on_campaign_status on campaigns using btree (campaign_status);
create index index_campaigns_on_campaign_type on campaigns using btree (campaign_type);
create index index_campaigns_on_inbox_id on campaigns using btree (inbox_id);
create index index_campaigns_on_scheduled_at on campaigns using btree (scheduled_at);

create sequence canned_responses_id_seq as integer;
create table canned_responses (
  id integer not null default nextval('canned_responses_id_seq'::regclass),
  account_id integer not null,
  short_code character varying,
  content text,
  created_at timestamp without time zone not null,
  updated_at timestamp without time zone not null,
  constraint canned_responses_pkey primary key (id)
);
alter sequence canned_responses_id_seq owned by canned_responses.id;

create sequence captain_assistant_responses_id_seq;
create table captain_assistant_responses (
  id bigint not null default nextval('captain_assistant_responses_id_seq'::regclass),
  question character varying not null,
  answer text not null,
  embedding text,
  assistant_id bigint not null,
  documentable_id bigint,
  account_id bigint not null,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  status integer not null default 1,
  documentable_type character varying,
  constraint captain_assistant_responses_pkey primary key (id)
);
alter sequence captain_assistant_responses_id_seq owned by captain_assistant_responses.id;
create index idx_cap_asst_resp_on_documentable on captain_assistant_responses using btree (documentable_id, documentable_type);
create index index_captain_assistant_responses_on_account_id on captain_assistant_responses using btree (account_id);
create index index_captain_assistant_responses_on_assistant_id on captain_assistant_responses using btree (assistant_id);
create index index_captain_assistant_responses_on_status on captain_assistant_responses using btree (status);

create sequence captain_assistants_id_seq;
create table captain_assistants (
  id bigint not null default nextval('captain_assistants_id_seq'::regclass),
  name character varying not null,
  account_id bigint not null,
  description character varying,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  config jsonb not null default '{}'::jsonb,
  response_guidelines jsonb default '[]'::jsonb,
  guardrails jsonb default '[]'::jsonb,
  constraint captain_assistants_pkey primary key (id)
);
alter sequence captain_assistants_id_seq owned by captain_assistants.id;
create index index_captain_assistants_on_account_id on captain_assistants using btree (account_id);

create sequence captain_custom_tools_id_seq;
create table captain_custom_tools (
  id bigint not null default nextval('captain_custom_tools_id_seq'::regclass),
  account_id bigint not null,
  slug character varying not null,
  title character varying not null,
  description text,
  http_method character varying not null default 'GET'::character varying,
  endpoint_url text not null,
  request_template text,
  response_template text,
  auth_type character varying default 'none'::character varying,
  auth_config jsonb default '{}'::jsonb,
  param_schema jsonb default '[]'::jsonb,
  enabled boolean not null default true,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  constraint captain_custom_tools_pkey primary key (id)
);
alter sequence captain_custom_tools_id_seq owned by captain_custom_tools.id;
create index index_captain_custom_tools_on_account_id on captain_custom_tools using btree (account_id);
create unique index index_captain_custom_tools_on_account_id_and_slug on captain_custom_tools using btree (account_id, slug);

create sequence captain_documents_id_seq;
create table captain_documents (
  id bigint not null default nextval('captain_documents_id_seq'::regclass),
  name character varying,
  external_link character varying not null,
  content text,
  assistant_id bigint not null,
  account_id bigint not null,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  status integer not null default 0,
  metadata jsonb default '{}'::jsonb,
  constraint captain_documents_pkey primary key (id)
);
alter sequence captain_documents_id_seq owned by captain_documents.id;
create index index_captain_documents_on_account_id on captain_documents using btree (account_id);
create index index_captain_documents_on_assistant_id on captain_documents using btree (assistant_id);
create unique index index_captain_documents_on_assistant_id_and_external_link on captain_documents using btree (assistant_id, external_link);
create index index_captain_documents_on_status on captain_documents using btree (status);

create sequence captain_inboxes_id_seq;
create table captain_inboxes (
  id bigint not null default nextval('captain_inboxes_id_seq'::regclass),
  captain_assistant_id bigint not null,
  inbox_id bigint not null,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  constraint captain_inboxes_pkey primary key (id)
);
alter sequence captain_inboxes_id_seq owned by captain_inboxes.id;
create index index_captain_inboxes_on_captain_assistant_id on captain_inboxes using btree (captain_assistant_id);
create unique index index_captain_inboxes_on_captain_assistant_id_and_inbox_id on captain_inboxes using btree (captain_assistant_id, inbox_id);
create index index_captain_inboxes_on_inbox_id on captain_inboxes using btree (inbox_id);

create sequence captain_scenarios_id_seq;
create table captain_scenarios (
  id bigint not null default nextval('captain_scenarios_id_seq'::regclass),
  title character varying,
  description text,
  instruction text,
  tools jsonb default '[]'::jsonb,
  enabled boolean not null default true,
  assistant_id bigint not null,
  account_id bigint not null,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  constraint captain_scenarios_pkey primary key (id)
);
alter sequence captain_scenarios_id_seq owned by captain_scenarios.id;
create index index_captain_scenarios_on_account_id on captain_scenarios using btree (account_id);
create index index_captain_scenarios_on_assistant_id on captain_scenarios using btree (assistant_id);
create index index_captain_scenarios_on_assistant_id_and_enabled on captain_scenarios using btree (assistant_id, enabled);
create index index_captain_scenarios_on_enabled on captain_scenarios using btree (enabled);

create sequence categories_id_seq;
create table categories (
  id bigint not null default nextval('categories_id_seq'::regclass),
  account_id integer not null,
  portal_id integer not null,
  name character varying,
  description text,
  position integer,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  locale character varying default 'en'::character varying,
  slug character varying not null,
  parent_category_id bigint,
  associated_category_id bigint,
  icon character varying default ''::character varying,
  constraint categories_pkey primary key (id)
);
alter sequence categories_id_seq owned by categories.id;
create index index_categories_on_associated_category_id on categories using btree (associated_category_id);
create index index_categories_on_locale on categories using btree (locale);
create index index_categories_on_locale_and_account_id on categories using btree (locale, account_id);
create index index_categories_on_parent_category_id on categories using btree (parent_category_id);
create unique index index_categories_on_slug_and_locale_and_portal_id on categories using btree (slug, locale, portal_id);

create sequence channel_api_id_seq;
create table channel_api (
  id bigint not null default nextval('channel_api_id_seq'::regclass),
  account_id integer not null,
  webhook_url character varying,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  identifier character varying,
  hmac_token character varying,
  hmac_mandatory boolean default false,
  additional_attributes jsonb default '{}'::jsonb,
  constraint channel_api_pkey primary key (id)
);
alter sequence channel_api_id_seq owned by channel_api.id;
create unique index index_channel_api_on_hmac_token on channel_api using btree (hmac_token);
create unique index index_channel_api_on_identifier on channel_api using btree (identifier);

create sequence channel_email_id_seq;
create table channel_email (
  id bigint not null default nextval('channel_email_id_seq'::regclass),
  account_id integer not null,
  email character varying not null,
  forward_to_email character varying not null,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  imap_enabled boolean default false,
  imap_address character varying default ''::character varying,
  imap_port integer default 0,
  imap_login character varying default ''::character varying,
  imap_password character varying default ''::character varying,
  imap_enable_ssl boolean default true,
  smtp_enabled boolean default false,
  smtp_address character varying default ''::character varying,
  smtp_port integer default 0,
  smtp_login character varying default ''::character varying,
  smtp_password character varying default ''::character varying,
  smtp_domain character varying default ''::character varying,
  smtp_enable_starttls_auto boolean default true,
  smtp_authentication character varying default 'login'::character varying,
  smtp_openssl_verify_mode character varying default 'none'::character varying,
  smtp_enable_ssl_tls boolean default false,
  provider_config jsonb default '{}'::jsonb,
  provider character varying,
  verified_for_sending boolean not null default false,
  constraint channel_email_pkey primary key (id)
);
alter sequence channel_email_id_seq owned by channel_email.id;
create unique index index_channel_email_on_email on channel_email using btree (email);
create unique index index_channel_email_on_forward_to_email on channel_email using btree (forward_to_email);

create sequence channel_facebook_pages_id_seq as integer;
create table channel_facebook_pages (
  id integer not null default nextval('channel_facebook_pages_id_seq'::regclass),
  page_id character varying not null,
  user_access_token character varying not null,
  page_access_token character varying not null,
  account_id integer not null,
  created_at timestamp without time zone not null,
  updated_at timestamp without time zone not null,
  instagram_id character varying,
  constraint channel_facebook_pages_pkey primary key (id)
);
alter sequence channel_facebook_pages_id_seq owned by channel_facebook_pages.id;
create index index_channel_facebook_pages_on_page_id on channel_facebook_pages using btree (page_id);
create unique index index_channel_facebook_pages_on_page_id_and_account_id on channel_facebook_pages using btree (page_id, account_id);

create sequence channel_instagram_id_seq;
create table channel_instagram (
  id bigint not null default nextval('channel_instagram_id_seq'::regclass),
  access_token character varying not null,
  expires_at timestamp(6) without time zone not null,
  account_id integer not null,
  instagram_id character varying not null,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  constraint channel_instagram_pkey primary key (id)
);
alter sequence channel_instagram_id_seq owned by channel_instagram.id;
create unique index index_channel_instagram_on_instagram_id on channel_instagram using btree (instagram_id);

create sequence channel_line_id_seq;
create table channel_line (
  id bigint not null default nextval('channel_line_id_seq'::regclass),
  account_id integer not null,
  line_channel_id character varying not null,
  line_channel_secret character varying not null,
  line_channel_token character varying not null,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  constraint channel_line_pkey primary key (id)
);
alter sequence channel_line_id_seq owned by channel_line.id;
create unique index index_channel_line_on_line_channel_id on channel_line using btree (line_channel_id);

create sequence channel_sms_id_seq;
create table channel_sms (
  id bigint not null default nextval('channel_sms_id_seq'::regclass),
  account_id integer not null,
  phone_number character varying not null,
  provider character varying default 'default'::character varying,
  provider_config jsonb default '{}'::jsonb,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  constraint channel_sms_pkey primary key (id)
);
alter sequence channel_sms_id_seq owned by channel_sms.id;
create unique index index_channel_sms_on_phone_number on channel_sms using btree (phone_number);

create sequence channel_telegram_id_seq;
create table channel_telegram (
  id bigint not null default nextval('channel_telegram_id_seq'::regclass),
  bot_name character varying,
  account_id integer not null,
  bot_token character varying not null,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  constraint channel_telegram_pkey primary key (id)
);
alter sequence channel_telegram_id_seq owned by channel_telegram.id;
create unique index index_channel_telegram_on_bot_token on channel_telegram using btree (bot_token);

create sequence channel_tiktok_id_seq;
create table channel_tiktok (
  id bigint not null default nextval('channel_tiktok_id_seq'::regclass),
  account_id integer not null,
  business_id character varying not null,
  access_token character varying not null,
  expires_at timestamp(6) without time zone not null,
  refresh_token character varying not null,
  refresh_token_expires_at timestamp(6) without time zone not null,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  constraint channel_tiktok_pkey primary key (id)
);
alter sequence channel_tiktok_id_seq owned by channel_tiktok.id;
create unique index index_channel_tiktok_on_business_id on channel_tiktok using btree (business_id);

create sequence channel_twilio_sms_id_seq;
create table channel_twilio_sms (
  id bigint not null default nextval('channel_twilio_sms_id_seq'::regclass),
  phone_number character varying,
  auth_token character varying not null,
  account_sid character varying not null,
  account_id integer not null,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  medium integer default 0,
  messaging_service_sid character varying,
  api_key_sid character varying,
  content_templates jsonb default '{}'::jsonb,
  content_templates_last_updated timestamp(6) without time zone,
  constraint channel_twilio_sms_pkey primary key (id)
);
alter sequence channel_twilio_sms_id_seq owned by channel_twilio_sms.id;
create unique index index_channel_twilio_sms_on_account_sid_and_phone_number on channel_twilio_sms using btree (account_sid, phone_number);
create unique index index_channel_twilio_sms_on_messaging_service_sid on channel_twilio_sms using btree (messaging_service_sid);
create unique index index_channel_twilio_sms_on_phone_number on channel_twilio_sms using btree (phone_number);

create sequence channel_twitter_profiles_id_seq;
create table channel_twitter_profiles (
  id bigint not null default nextval('channel_twitter_profiles_id_seq'::regclass),
  profile_id character varying not null,
  twitter_access_token character varying not null,
  twitter_access_token_secret character varying not null,
  account_id integer not null,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  tweets_enabled boolean default true,
  constraint channel_twitter_profiles_pkey primary key (id)
);
alter sequence channel_twitter_profiles_id_seq owned by channel_twitter_profiles.id;
create unique index index_channel_twitter_profiles_on_account_id_and_profile_id on channel_twitter_profiles using btree (account_id, profile_id);

create sequence channel_voice_id_seq;
create table channel_voice (
  id bigint not null default nextval('channel_voice_id_seq'::regclass),
  phone_number character varying not null,
  provider character varying not null default 'twilio'::character varying,
  provider_config jsonb not null,
  account_id integer not null,
  additional_attributes jsonb default '{}'::jsonb,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  constraint channel_voice_pkey primary key (id)
);
alter sequence channel_voice_id_seq owned by channel_voice.id;
create index index_channel_voice_on_account_id on channel_voice using btree (account_id);
create unique index index_channel_voice_on_phone_number on channel_voice using btree (phone_number);

create sequence channel_web_widgets_id_seq as integer;
create table channel_web_widgets (
  id integer not null default nextval('channel_web_widgets_id_seq'::regclass),
  website_url character varying,
  account_id integer,
  created_at timestamp without time zone not null,
  updated_at timestamp without time zone not null,
  website_token character varying,
  widget_color character varying default '#1f93ff'::character varying,
  welcome_title character varying,
  welcome_tagline character varying,
  feature_flags integer not null default 7,
  reply_time integer default 0,
  hmac_token character varying,
  pre_chat_form_enabled boolean default false,
  pre_chat_form_options jsonb default '{}'::jsonb,
  hmac_mandatory boolean default false,
  continuity_via_email boolean not null default true,
  allowed_domains text default ''::text,
  constraint channel_web_widgets_pkey primary key (id)
);
alter sequence channel_web_widgets_id_seq owned by channel_web_widgets.id;
create unique index index_channel_web_widgets_on_hmac_token on channel_web_widgets using btree (hmac_token);
create unique index index_channel_web_widgets_on_website_token on channel_web_widgets using btree (website_token);

create sequence channel_whatsapp_id_seq;
create table channel_whatsapp (
  id bigint not null default nextval('channel_whatsapp_id_seq'::regclass),
  account_id integer not null,
  phone_number character varying not null,
  provider character varying default 'default'::character varying,
  provider_config jsonb default '{}'::jsonb,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  message_templates jsonb default '{}'::jsonb,
  message_templates_last_updated timestamp without time zone,
  constraint channel_whatsapp_pkey primary key (id)
);
alter sequence channel_whatsapp_id_seq owned by channel_whatsapp.id;
create unique index index_channel_whatsapp_on_phone_number on channel_whatsapp using btree (phone_number);

create sequence companies_id_seq;
create table companies (
  id bigint not null default nextval('companies_id_seq'::regclass),
  name character varying not null,
  domain character varying,
  description text,
  account_id bigint not null,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  contacts_count integer,
  constraint companies_pkey primary key (id)
);
alter sequence companies_id_seq owned by companies.id;
create unique index index_companies_on_account_and_domain on companies using btree (account_id, domain) WHERE (domain IS NOT NULL);
create index index_companies_on_account_id on companies using btree (account_id);
create index index_companies_on_name_and_account_id on companies using btree (name, account_id);

create sequence contact_inboxes_id_seq;
create table contact_inboxes (
  id bigint not null default nextval('contact_inboxes_id_seq'::regclass),
  contact_id bigint,
  inbox_id bigint,
  source_id text not null,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  hmac_verified boolean default false,
  pubsub_token character varying,
  constraint contact_inboxes_pkey primary key (id)
);
alter sequence contact_inboxes_id_seq owned by contact_inboxes.id;
create index index_contact_inboxes_on_contact_id on contact_inboxes using btree (contact_id);
create index index_contact_inboxes_on_inbox_id on contact_inboxes using btree (inbox_id);
create unique index index_contact_inboxes_on_inbox_id_and_source_id on contact_inboxes using btree (inbox_id, source_id);
create unique index index_contact_inboxes_on_pubsub_token on contact_inboxes using btree (pubsub_token);
create index index_contact_inboxes_on_source_id on contact_inboxes using btree (source_id);

create sequence contacts_id_seq as integer;
create table contacts (
  id integer not null default nextval('contacts_id_seq'::regclass),
  name character varying default ''::character varying,
  email character varying,
  phone_number character varying,
  account_id integer not null,
  created_at timestamp without time zone not null,
  updated_at timestamp without time zone not null,
  additional_attributes jsonb default '{}'::jsonb,
  identifier character varying,
  custom_attributes jsonb default '{}'::jsonb,
  last_activity_at timestamp without time zone,
  contact_type integer default 0,
  middle_name character varying default ''::character varying,
  last_name character varying default ''::character varying,
  location character varying default ''::character varying,
  country_code character varying default ''::character varying,
  blocked boolean not null default false,
  company_id bigint,
  constraint contacts_pkey primary key (id)
);
alter sequence contacts_id_seq owned by contacts.id;
create index index_contacts_on_account_id on contacts using btree (account_id);
create index index_contacts_on_account_id_and_contact_type on contacts using btree (account_id, contact_type);
create index index_contacts_on_account_id_and_last_activity_at on contacts using btree (account_id, last_activity_at DESC NULLS LAST);
create index index_contacts_on_blocked on contacts using btree (blocked);
create index index_contacts_on_company_id on contacts using btree (company_id);
create index index_contacts_on_lower_email_account_id on contacts using btree (lower((email)::text), account_id);
create index index_contacts_on_name_email_phone_number_identifier on contacts using gin (name gin_trgm_ops, email gin_trgm_ops, phone_number gin_trgm_ops, identifier gin_trgm_ops);
create index index_contacts_on_nonempty_fields on contacts using btree (account_id, email, phone_number, identifier) WHERE (((email)::text <> ''::text) OR ((phone_number)::text <> ''::text) OR ((identifier)::text <> ''::text));
create index index_contacts_on_phone_number_and_account_id on contacts using btree (phone_number, account_id);
create index index_resolved_contact_account_id on contacts using btree (account_id) WHERE (((email)::text <> ''::text) OR ((phone_number)::text <> ''::text) OR ((identifier)::text <> ''::text));
create unique index uniq_email_per_account_contact on contacts using btree (email, account_id);
create unique index uniq_identifier_per_account_contact on contacts using btree (identifier, account_id);

create sequence conversation_participants_id_seq;
create table conversation_participants (
  id bigint not null default nextval('conversation_participants_id_seq'::regclass),
  account_id bigint not null,
  user_id bigint not null,
  conversation_id bigint not null,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  constraint conversation_participants_pkey primary key (id)
);
alter sequence conversation_participants_id_seq owned by conversation_participants.id;
create index index_conversation_participants_on_account_id on conversation_participants using btree (account_id);
create index index_conversation_participants_on_conversation_id on conversation_participants using btree (conversation_id);
create index index_conversation_participants_on_user_id on conversation_participants using btree (user_id);
create unique index index_conversation_participants_on_user_id_and_conversation_id on conversation_participants using btree (user_id, conversation_id);

create sequence conversations_id_seq as integer;
create table conversations (
  id integer not null default nextval('conversations_id_seq'::regclass),
  account_id integer not null,
  inbox_id integer not null,
  status integer not null default 0,
  assignee_id integer,
  created_at timestamp without time zone not null,
  updated_at timestamp without time zone not null,
  contact_id bigint,
  display_id integer not null,
  contact_last_seen_at timestamp without time zone,
  agent_last_seen_at timestamp without time zone,
  additional_attributes jsonb default '{}'::jsonb,
  contact_inbox_id bigint,
  uuid uuid not null default gen_random_uuid(),
  identifier character varying,
  last_activity_at timestamp without time zone not null default CURRENT_TIMESTAMP,
  team_id bigint,
  campaign_id bigint,
  snoozed_until timestamp without time zone,
  custom_attributes jsonb default '{}'::jsonb,
  assignee_last_seen_at timestamp without time zone,
  first_reply_created_at timestamp without time zone,
  priority integer,
  sla_policy_id bigint,
  waiting_since timestamp(6) without time zone,
  cached_label_list text,
  assignee_agent_bot_id bigint,
  constraint conversations_pkey primary key (id)
);
alter sequence conversations_id_seq owned by conversations.id;
create index conv_acid_inbid_stat_asgnid_idx on conversations using btree (account_id, inbox_id, status, assignee_id);
create index index_conversations_on_account_id on conversations using btree (account_id);
create unique index index_conversations_on_account_id_and_display_id on conversations using btree (account_id, display_id);
create index index_conversations_on_assignee_id_and_account_id on conversations using btree (assignee_id, account_id);
create index index_conversations_on_campaign_id on conversations using btree (campaign_id);
create index index_conversations_on_contact_id on conversations using btree (contact_id);
create index index_conversations_on_contact_inbox_id on conversations using btree (contact_inbox_id);
create index index_conversations_on_first_reply_created_at on conversations using btree (first_reply_created_at);
create index index_conversations_on_id_and_account_id on conversations using btree (account_id, id);
create index index_conversations_on_identifier_and_account_id on conversations using btree (identifier, account_id);
create index index_conversations_on_inbox_id on conversations using btree (inbox_id);
create index index_conversations_on_priority on conversations using btree (priority);
create index index_conversations_on_status_and_account_id on conversations using btree (status, account_id);
create index index_conversations_on_status_and_priority on conversations using btree (status, priority);
create index index_conversations_on_team_id on conversations using btree (team_id);
create unique index index_conversations_on_uuid on conversations using btree (uuid);
create index index_conversations_on_waiting_since on conversations using btree (waiting_since);

create sequence copilot_messages_id_seq;
create table copilot_messages (
  id bigint not null default nextval('copilot_messages_id_seq'::regclass),
  copilot_thread_id bigint not null,
  account_id bigint not null,
  message jsonb not null default '{}'::jsonb,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  message_type integer default 0,
  constraint copilot_messages_pkey primary key (id)
);
alter sequence copilot_messages_id_seq owned by copilot_messages.id;
create index index_copilot_messages_on_account_id on copilot_messages using btree (account_id);
create index index_copilot_messages_on_copilot_thread_id on copilot_messages using btree (copilot_thread_id);

create sequence copilot_threads_id_seq;
create table copilot_threads (
  id bigint not null default nextval('copilot_threads_id_seq'::regclass),
  title character varying not null,
  user_id bigint not null,
  account_id bigint not null,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  assistant_id integer,
  constraint copilot_threads_pkey primary key (id)
);
alter sequence copilot_threads_id_seq owned by copilot_threads.id;
create index index_copilot_threads_on_account_id on copilot_threads using btree (account_id);
create index index_copilot_threads_on_assistant_id on copilot_threads using btree (assistant_id);
create index index_copilot_threads_on_user_id on copilot_threads using btree (user_id);

create sequence csat_survey_responses_id_seq;
create table csat_survey_responses (
  id bigint not null default nextval('csat_survey_responses_id_seq'::regclass),
  account_id bigint not null,
  conversation_id bigint not null,
  message_id bigint not null,
  rating integer not null,
  feedback_message text,
  contact_id bigint not null,
  assigned_agent_id bigint,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  csat_review_notes text,
  review_notes_updated_at timestamp(6) without time zone,
  review_notes_updated_by_id bigint,
  constraint csat_survey_responses_pkey primary key (id)
);
alter sequence csat_survey_responses_id_seq owned by csat_survey_responses.id;
create index index_csat_survey_responses_on_account_id on csat_survey_responses using btree (account_id);
create index index_csat_survey_responses_on_assigned_agent_id on csat_survey_responses using btree (assigned_agent_id);
create index index_csat_survey_responses_on_contact_id on csat_survey_responses using btree (contact_id);
create index index_csat_survey_responses_on_conversation_id on csat_survey_responses using btree (conversation_id);
create unique index index_csat_survey_responses_on_message_id on csat_survey_responses using btree (message_id);
create index index_csat_survey_responses_on_review_notes_updated_by_id on csat_survey_responses using btree (review_notes_updated_by_id);

create sequence custom_attribute_definitions_id_seq;
create table custom_attribute_definitions (
  id bigint not null default nextval('custom_attribute_definitions_id_seq'::regclass),
  attribute_display_name character varying,
  attribute_key character varying,
  attribute_display_type integer default 0,
  default_value integer,
  attribute_model integer default 0,
  account_id bigint,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  attribute_description text,
  attribute_values jsonb default '[]'::jsonb,
  regex_pattern character varying,
  regex_cue character varying,
  constraint custom_attribute_definitions_pkey primary key (id)
);
alter sequence custom_attribute_definitions_id_seq owned by custom_attribute_definitions.id;
create unique index attribute_key_model_index on custom_attribute_definitions using btree (attribute_key, attribute_model, account_id);
create index index_custom_attribute_definitions_on_account_id on custom_attribute_definitions using btree (account_id);

create sequence custom_filters_id_seq;
create table custom_filters (
  id bigint not null default nextval('custom_filters_id_seq'::regclass),
  name character varying not null,
  filter_type integer not null default 0,
  query jsonb not null default '"{}"'::jsonb,
  account_id bigint not null,
  user_id bigint not null,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  constraint custom_filters_pkey primary key (id)
);
alter sequence custom_filters_id_seq owned by custom_filters.id;
create index index_custom_filters_on_account_id on custom_filters using btree (account_id);
create index index_custom_filters_on_user_id on custom_filters using btree (user_id);

create sequence custom_roles_id_seq;
create table custom_roles (
  id bigint not null default nextval('custom_roles_id_seq'::regclass),
  name character varying,
  description character varying,
  account_id bigint not null,
  permissions text[] default '{}'::text[],
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  constraint custom_roles_pkey primary key (id)
);
alter sequence custom_roles_id_seq owned by custom_roles.id;
create index index_custom_roles_on_account_id on custom_roles using btree (account_id);

create sequence dashboard_apps_id_seq;
create table dashboard_apps (
  id bigint not null default nextval('dashboard_apps_id_seq'::regclass),
  title character varying not null,
  content jsonb default '[]'::jsonb,
  account_id bigint not null,
  user_id bigint,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  constraint dashboard_apps_pkey primary key (id)
);
alter sequence dashboard_apps_id_seq owned by dashboard_apps.id;
create index index_dashboard_apps_on_account_id on dashboard_apps using btree (account_id);
create index index_dashboard_apps_on_user_id on dashboard_apps using btree (user_id);

create sequence data_imports_id_seq;
create table data_imports (
  id bigint not null default nextval('data_imports_id_seq'::regclass),
  account_id bigint not null,
  data_type character varying not null,
  status integer not null default 0,
  processing_errors text,
  total_records integer,
  processed_records integer,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  constraint data_imports_pkey primary key (id)
);
alter sequence data_imports_id_seq owned by data_imports.id;
create index index_data_imports_on_account_id on data_imports using btree (account_id);

create sequence email_templates_id_seq;
create table email_templates (
  id bigint not null default nextval('email_templates_id_seq'::regclass),
  name character varying not null,
  body text not null,
  account_id integer,
  template_type integer default 1,
  locale integer not null default 0,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  constraint email_templates_pkey primary key (id)
);
alter sequence email_templates_id_seq owned by email_templates.id;
create unique index index_email_templates_on_name_and_account_id on email_templates using btree (name, account_id);

create sequence folders_id_seq;
create table folders (
  id bigint not null default nextval('folders_id_seq'::regclass),
  account_id integer not null,
  category_id integer not null,
  name character varying,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  constraint folders_pkey primary key (id)
);
alter sequence folders_id_seq owned by folders.id;

create sequence inbox_assignment_policies_id_seq;
create table inbox_assignment_policies (
  id bigint not null default nextval('inbox_assignment_policies_id_seq'::regclass),
  inbox_id bigint not null,
  assignment_policy_id bigint not null,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  constraint inbox_assignment_policies_pkey primary key (id)
);
alter sequence inbox_assignment_policies_id_seq owned by inbox_assignment_policies.id;
create index index_inbox_assignment_policies_on_assignment_policy_id on inbox_assignment_policies using btree (assignment_policy_id);
create unique index index_inbox_assignment_policies_on_inbox_id on inbox_assignment_policies using btree (inbox_id);

create sequence inbox_capacity_limits_id_seq;
create table inbox_capacity_limits (
  id bigint not null default nextval('inbox_capacity_limits_id_seq'::regclass),
  agent_capacity_policy_id bigint not null,
  inbox_id bigint not null,
  conversation_limit integer not null,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  constraint inbox_capacity_limits_pkey primary key (id)
);
alter sequence inbox_capacity_limits_id_seq owned by inbox_capacity_limits.id;
create unique index idx_on_agent_capacity_policy_id_inbox_id_71c7ec4caf on inbox_capacity_limits using btree (agent_capacity_policy_id, inbox_id);
create index index_inbox_capacity_limits_on_agent_capacity_policy_id on inbox_capacity_limits using btree (agent_capacity_policy_id);
create index index_inbox_capacity_limits_on_inbox_id on inbox_capacity_limits using btree (inbox_id);

create sequence inbox_members_id_seq as integer;
create table inbox_members (
  id integer not null default nextval('inbox_members_id_seq'::regclass),
  user_id integer not null,
  inbox_id integer not null,
  created_at timestamp without time zone not null,
  updated_at timestamp without time zone not null,
  constraint inbox_members_pkey primary key (id)
);
alter sequence inbox_members_id_seq owned by inbox_members.id;
create index index_inbox_members_on_inbox_id on inbox_members using btree (inbox_id);
create unique index index_inbox_members_on_inbox_id_and_user_id on inbox_members using btree (inbox_id, user_id);

create sequence inboxes_id_seq as integer;
create table inboxes (
  id integer not null default nextval('inboxes_id_seq'::regclass),
  channel_id integer not null,
  account_id integer not null,
  name character varying not null,
  created_at timestamp without time zone not null,
  updated_at timestamp without time zone not null,
  channel_type character varying,
  enable_auto_assignment boolean default true,
  greeting_enabled boolean default false,
  greeting_message character varying,
  email_address character varying,
  working_hours_enabled boolean default false,
  out_of_office_message character varying,
  timezone character varying default 'UTC'::character varying,
  enable_email_collect boolean default true,
  csat_survey_enabled boolean default false,
  allow_messages_after_resolved boolean default true,
  auto_assignment_config jsonb default '{}'::jsonb,
  lock_to_single_conversation boolean not null default false,
  portal_id bigint,
  sender_name_type integer not null default 0,
  business_name character varying,
  csat_config jsonb not null default '{}'::jsonb,
  constraint inboxes_pkey primary key (id)
);
alter sequence inboxes_id_seq owned by inboxes.id;
create index index_inboxes_on_account_id on inboxes using btree (account_id);
create index index_inboxes_on_channel_id_and_channel_type on inboxes using btree (channel_id, channel_type);
create index index_inboxes_on_portal_id on inboxes using btree (portal_id);

create sequence installation_configs_id_seq;
create table installation_configs (
  id bigint not null default nextval('installation_configs_id_seq'::regclass),
  name character varying not null,
  serialized_value jsonb not null default '{}'::jsonb,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  locked boolean not null default true,
  constraint installation_configs_pkey primary key (id)
);
alter sequence installation_configs_id_seq owned by installation_configs.id;
create unique index index_installation_configs_on_name on installation_configs using btree (name);
create unique index index_installation_configs_on_name_and_created_at on installation_configs using btree (name, created_at);

create sequence integrations_hooks_id_seq;
create table integrations_hooks (
  id bigint not null default nextval('integrations_hooks_id_seq'::regclass),
  status integer default 1,
  inbox_id integer,
  account_id integer,
  app_id character varying,
  hook_type integer default 0,
  reference_id character varying,
  access_token character varying,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  settings jsonb default '{}'::jsonb,
  constraint integrations_hooks_pkey primary key (id)
);
alter sequence integrations_hooks_id_seq owned by integrations_hooks.id;

create sequence labels_id_seq;
create table labels (
  id bigint not null default nextval('labels_id_seq'::regclass),
  title character varying,
  description text,
  color character varying not null default '#1f93ff'::character varying,
  show_on_sidebar boolean,
  account_id bigint,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  constraint labels_pkey primary key (id)
);
alter sequence labels_id_seq owned by labels.id;
create index index_labels_on_account_id on labels using btree (account_id);
create unique index index_labels_on_title_and_account_id on labels using btree (title, account_id);

create sequence leaves_id_seq;
create table leaves (
  id bigint not null default nextval('leaves_id_seq'::regclass),
  account_id bigint not null,
  user_id bigint not null,
  start_date date not null,
  end_date date not null,
  leave_type integer not null default 0,
  status integer not null default 0,
  reason text,
  approved_by_id bigint,
  approved_at timestamp(6) without time zone,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  constraint leaves_pkey primary key (id)
);
alter sequence leaves_id_seq owned by leaves.id;
create index index_leaves_on_account_id on leaves using btree (account_id);
create index index_leaves_on_account_id_and_status on leaves using btree (account_id, status);
create index index_leaves_on_approved_by_id on leaves using btree (approved_by_id);
create index index_leaves_on_user_id on leaves using btree (user_id);

create sequence macros_id_seq;
create table macros (
  id bigint not null default nextval('macros_id_seq'::regclass),
  account_id bigint not null,
  name character varying not null,
  visibility integer default 0,
  created_by_id bigint,
  updated_by_id bigint,
  actions jsonb not null default '{}'::jsonb,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  constraint macros_pkey primary key (id)
);
alter sequence macros_id_seq owned by macros.id;
create index index_macros_on_account_id on macros using btree (account_id);

create sequence mentions_id_seq;
create table mentions (
  id bigint not null default nextval('mentions_id_seq'::regclass),
  user_id bigint not null,
  conversation_id bigint not null,
  account_id bigint not null,
  mentioned_at timestamp without time zone not null,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  constraint mentions_pkey primary key (id)
);
alter sequence mentions_id_seq owned by mentions.id;
create index index_mentions_on_account_id on mentions using btree (account_id);
create index index_mentions_on_conversation_id on mentions using btree (conversation_id);
create index index_mentions_on_user_id on mentions using btree (user_id);
create unique index index_mentions_on_user_id_and_conversation_id on mentions using btree (user_id, conversation_id);

create sequence messages_id_seq as integer;
create table messages (
  id integer not null default nextval('messages_id_seq'::regclass),
  content text,
  account_id integer not null,
  inbox_id integer not null,
  conversation_id integer not null,
  message_type integer not null,
  created_at timestamp without time zone not null,
  updated_at timestamp without time zone not null,
  private boolean not null default false,
  status integer default 0,
  source_id text,
  content_type integer not null default 0,
  content_attributes json default '{}'::json,
  sender_type character varying,
  sender_id bigint,
  external_source_ids jsonb default '{}'::jsonb,
  additional_attributes jsonb default '{}'::jsonb,
  processed_message_content text,
  sentiment jsonb default '{}'::jsonb,
  constraint messages_pkey primary key (id)
);
alter sequence messages_id_seq owned by messages.id;
create index idx_messages_account_content_created on messages using btree (account_id, content_type, created_at);
create index index_messages_on_account_created_type on messages using btree (account_id, created_at, message_type);
create index index_messages_on_account_id on messages using btree (account_id);
create index index_messages_on_account_id_and_inbox_id on messages using btree (account_id, inbox_id);
create index index_messages_on_additional_attributes_campaign_id on messages using gin (((additional_attributes -> 'campaign_id'::text)));
create index index_messages_on_content on messages using gin (content gin_trgm_ops);
create index index_messages_on_conversation_account_type_created on messages using btree (conversation_id, account_id, message_type, created_at);
create index index_messages_on_conversation_id on messages using btree (conversation_id);
create index index_messages_on_created_at on messages using btree (created_at);
create index index_messages_on_inbox_id on messages using btree (inbox_id);
create index index_messages_on_sender_type_and_sender_id on messages using btree (sender_type, sender_id);
create index index_messages_on_source_id on messages using btree (source_id);

create sequence notes_id_seq;
create table notes (
  id bigint not null default nextval('notes_id_seq'::regclass),
  content text not null,
  account_id bigint not null,
  contact_id bigint not null,
  user_id bigint,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  constraint notes_pkey primary key (id)
);
alter sequence notes_id_seq owned by notes.id;
create index index_notes_on_account_id on notes using btree (account_id);
create index index_notes_on_contact_id on notes using btree (contact_id);
create index index_notes_on_user_id on notes using btree (user_id);

create sequence notification_settings_id_seq;
create table notification_settings (
  id bigint not null default nextval('notification_settings_id_seq'::regclass),
  account_id integer,
  user_id integer,
  email_flags integer not null default 0,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  push_flags integer not null default 0,
  constraint notification_settings_pkey primary key (id)
);
alter sequence notification_settings_id_seq owned by notification_settings.id;
create unique index by_account_user on notification_settings using btree (account_id, user_id);

create sequence notification_subscriptions_id_seq;
create table notification_subscriptions (
  id bigint not null default nextval('notification_subscriptions_id_seq'::regclass),
  user_id bigint not null,
  subscription_type integer not null,
  subscription_attributes jsonb not null default '{}'::jsonb,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  identifier text,
  constraint notification_subscriptions_pkey primary key (id)
);
alter sequence notification_subscriptions_id_seq owned by notification_subscriptions.id;
create unique index index_notification_subscriptions_on_identifier on notification_subscriptions using btree (identifier);
create index index_notification_subscriptions_on_user_id on notification_subscriptions using btree (user_id);

create sequence notifications_id_seq;
create table notifications (
  id bigint not null default nextval('notifications_id_seq'::regclass),
  account_id bigint not null,
  user_id bigint not null,
  notification_type integer not null,
  primary_actor_type character varying not null,
  primary_actor_id bigint not null,
  secondary_actor_type character varying,
  secondary_actor_id bigint,
  read_at timestamp without time zone,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  snoozed_until timestamp(6) without time zone,
  last_activity_at timestamp(6) without time zone default CURRENT_TIMESTAMP,
  meta jsonb default '{}'::jsonb,
  constraint notifications_pkey primary key (id)
);
alter sequence notifications_id_seq owned by notifications.id;
create index idx_notifications_performance on notifications using btree (user_id, account_id, snoozed_until, read_at);
create index index_notifications_on_account_id on notifications using btree (account_id);
create index index_notifications_on_last_activity_at on notifications using btree (last_activity_at);
create index index_notifications_on_user_id on notifications using btree (user_id);
create index uniq_primary_actor_per_account_notifications on notifications using btree (primary_actor_type, primary_actor_id);
create index uniq_secondary_actor_per_account_notifications on notifications using btree (secondary_actor_type, secondary_actor_id);

create sequence platform_app_permissibles_id_seq;
create table platform_app_permissibles (
  id bigint not null default nextval('platform_app_permissibles_id_seq'::regclass),
  platform_app_id bigint not null,
  permissible_type character varying not null,
  permissible_id bigint not null,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  constraint platform_app_permissibles_pkey primary key (id)
);
alter sequence platform_app_permissibles_id_seq owned by platform_app_permissibles.id;
create index index_platform_app_permissibles_on_permissibles on platform_app_permissibles using btree (permissible_type, permissible_id);
create index index_platform_app_permissibles_on_platform_app_id on platform_app_permissibles using btree (platform_app_id);
create unique index unique_permissibles_index on platform_app_permissibles using btree (platform_app_id, permissible_id, permissible_type);

create sequence platform_apps_id_seq;
create table platform_apps (
  id bigint not null default nextval('platform_apps_id_seq'::regclass),
  name character varying not null,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  constraint platform_apps_pkey primary key (id)
);
alter sequence platform_apps_id_seq owned by platform_apps.id;

create sequence portals_id_seq;
create table portals (
  id bigint not null default nextval('portals_id_seq'::regclass),
  account_id integer not null,
  name character varying not null,
  slug character varying not null,
  custom_domain character varying,
  color character varying,
  homepage_link character varying,
  page_title character varying,
  header_text text,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  config jsonb default '{"allowed_locales": ["en"]}'::jsonb,
  archived boolean default false,
  channel_web_widget_id bigint,
  ssl_settings jsonb not null default '{}'::jsonb,
  constraint portals_pkey primary key (id)
);
alter sequence portals_id_seq owned by portals.id;
create index index_portals_on_channel_web_widget_id on portals using btree (channel_web_widget_id);
create unique index index_portals_on_custom_domain on portals using btree (custom_domain);
create unique index index_portals_on_slug on portals using btree (slug);

create table portals_members (
  portal_id bigint not null,
  user_id bigint not null
);
create index index_portals_members_on_portal_id on portals_members using btree (portal_id);
create unique index index_portals_members_on_portal_id_and_user_id on portals_members using btree (portal_id, user_id);
create index index_portals_members_on_user_id on portals_members using btree (user_id);

create sequence related_categories_id_seq;
create table related_categories (
  id bigint not null default nextval('related_categories_id_seq'::regclass),
  category_id bigint,
  related_category_id bigint,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  constraint related_categories_pkey primary key (id)
);
alter sequence related_categories_id_seq owned by related_categories.id;
create unique index index_related_categories_on_category_id_and_related_category_id on related_categories using btree (category_id, related_category_id);
create unique index index_related_categories_on_related_category_id_and_category_id on related_categories using btree (related_category_id, category_id);

create sequence reporting_events_id_seq;
create table reporting_events (
  id bigint not null default nextval('reporting_events_id_seq'::regclass),
  name character varying,
  value double precision,
  account_id integer,
  inbox_id integer,
  user_id integer,
  conversation_id integer,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  value_in_business_hours double precision,
  event_start_time timestamp without time zone,
  event_end_time timestamp without time zone,
  constraint reporting_events_pkey primary key (id)
);
alter sequence reporting_events_id_seq owned by reporting_events.id;
create index index_reporting_events_for_response_distribution on reporting_events using btree (account_id, name, inbox_id, created_at);
create index index_reporting_events_on_account_id on reporting_events using btree (account_id);
create index index_reporting_events_on_conversation_id on reporting_events using btree (conversation_id);
create index index_reporting_events_on_created_at on reporting_events using btree (created_at);
create index index_reporting_events_on_inbox_id on reporting_events using btree (inbox_id);
create index index_reporting_events_on_name on reporting_events using btree (name);
create index index_reporting_events_on_user_id on reporting_events using btree (user_id);
create index reporting_events__account_id__name__created_at on reporting_events using btree (account_id, name, created_at);

create table schema_migrations (
  version character varying not null,
  constraint schema_migrations_pkey primary key (version)
);

create sequence sla_events_id_seq;
create table sla_events (
  id bigint not null default nextval('sla_events_id_seq'::regclass),
  applied_sla_id bigint not null,
  conversation_id bigint not null,
  account_id bigint not null,
  sla_policy_id bigint not null,
  inbox_id bigint not null,
  event_type integer,
  meta jsonb default '{}'::jsonb,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  constraint sla_events_pkey primary key (id)
);
alter sequence sla_events_id_seq owned by sla_events.id;
create index index_sla_events_on_account_id on sla_events using btree (account_id);
create index index_sla_events_on_applied_sla_id on sla_events using btree (applied_sla_id);
create index index_sla_events_on_conversation_id on sla_events using btree (conversation_id);
create index index_sla_events_on_inbox_id on sla_events using btree (inbox_id);
create index index_sla_events_on_sla_policy_id on sla_events using btree (sla_policy_id);

create sequence sla_policies_id_seq;
create table sla_policies (
  id bigint not null default nextval('sla_policies_id_seq'::regclass),
  name character varying not null,
  first_response_time_threshold double precision,
  next_response_time_threshold double precision,
  only_during_business_hours boolean default false,
  account_id bigint not null,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  description character varying,
  resolution_time_threshold double precision,
  constraint sla_policies_pkey primary key (id)
);
alter sequence sla_policies_id_seq owned by sla_policies.id;
create index index_sla_policies_on_account_id on sla_policies using btree (account_id);

create sequence taggings_id_seq as integer;
create table taggings (
  id integer not null default nextval('taggings_id_seq'::regclass),
  tag_id integer,
  taggable_type character varying,
  taggable_id integer,
  tagger_type character varying,
  tagger_id integer,
  context character varying(128),
  created_at timestamp without time zone,
  constraint taggings_pkey primary key (id)
);
alter sequence taggings_id_seq owned by taggings.id;
create index index_taggings_on_context on taggings using btree (context);
create index index_taggings_on_tag_id on taggings using btree (tag_id);
create index index_taggings_on_taggable_id on taggings using btree (taggable_id);
create index index_taggings_on_taggable_id_and_taggable_type_and_context on taggings using btree (taggable_id, taggable_type, context);
create index index_taggings_on_taggable_type on taggings using btree (taggable_type);
create index index_taggings_on_tagger_id on taggings using btree (tagger_id);
create index index_taggings_on_tagger_id_and_tagger_type on taggings using btree (tagger_id, tagger_type);
create unique index taggings_idx on taggings using btree (tag_id, taggable_id, taggable_type, context, tagger_id, tagger_type);
create index taggings_idy on taggings using btree (taggable_id, taggable_type, tagger_id, context);

create sequence tags_id_seq as integer;
create table tags (
  id integer not null default nextval('tags_id_seq'::regclass),
  name character varying,
  taggings_count integer default 0,
  constraint tags_pkey primary key (id)
);
alter sequence tags_id_seq owned by tags.id;
create unique index index_tags_on_name on tags using btree (name);
create index tags_name_trgm_idx on tags using gin (lower((name)::text) gin_trgm_ops);

create sequence team_members_id_seq;
create table team_members (
  id bigint not null default nextval('team_members_id_seq'::regclass),
  team_id bigint not null,
  user_id bigint not null,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  constraint team_members_pkey primary key (id)
);
alter sequence team_members_id_seq owned by team_members.id;
create index index_team_members_on_team_id on team_members using btree (team_id);
create unique index index_team_members_on_team_id_and_user_id on team_members using btree (team_id, user_id);
create index index_team_members_on_user_id on team_members using btree (user_id);

create sequence teams_id_seq;
create table teams (
  id bigint not null default nextval('teams_id_seq'::regclass),
  name character varying not null,
  description text,
  allow_auto_assign boolean default true,
  account_id bigint not null,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  constraint teams_pkey primary key (id)
);
alter sequence teams_id_seq owned by teams.id;
create index index_teams_on_account_id on teams using btree (account_id);
create unique index index_teams_on_name_and_account_id on teams using btree (name, account_id);

create sequence users_id_seq as integer;
create table users (
  id integer not null default nextval('users_id_seq'::regclass),
  provider character varying not null default 'email'::character varying,
  uid character varying not null default ''::character varying,
  encrypted_password character varying not null default ''::character varying,
  reset_password_token character varying,
  reset_password_sent_at timestamp without time zone,
  remember_created_at timestamp without time zone,
  sign_in_count integer not null default 0,
  current_sign_in_at timestamp without time zone,
  last_sign_in_at timestamp without time zone,
  current_sign_in_ip character varying,
  last_sign_in_ip character varying,
  confirmation_token character varying,
  confirmed_at timestamp without time zone,
  confirmation_sent_at timestamp without time zone,
  unconfirmed_email character varying,
  name character varying not null,
  display_name character varying,
  email character varying,
  tokens json,
  created_at timestamp without time zone not null,
  updated_at timestamp without time zone not null,
  pubsub_token character varying,
  availability integer default 0,
  ui_settings jsonb default '{}'::jsonb,
  custom_attributes jsonb default '{}'::jsonb,
  type character varying,
  message_signature text,
  otp_secret character varying,
  consumed_timestep integer,
  otp_required_for_login boolean default false,
  otp_backup_codes text,
  constraint users_pkey primary key (id)
);
alter sequence users_id_seq owned by users.id;
create index index_users_on_email on users using btree (email);
create index index_users_on_otp_required_for_login on users using btree (otp_required_for_login);
create unique index index_users_on_otp_secret on users using btree (otp_secret);
create unique index index_users_on_pubsub_token on users using btree (pubsub_token);
create unique index index_users_on_reset_password_token on users using btree (reset_password_token);
create unique index index_users_on_uid_and_provider on users using btree (uid, provider);

create sequence webhooks_id_seq;
create table webhooks (
  id bigint not null default nextval('webhooks_id_seq'::regclass),
  account_id integer,
  inbox_id integer,
  url text,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  webhook_type integer default 0,
  subscriptions jsonb default '["conversation_status_changed", "conversation_updated", "conversation_created", "contact_created", "contact_updated", "message_created", "message_updated", "webwidget_triggered"]'::jsonb,
  name character varying,
  constraint webhooks_pkey primary key (id)
);
alter sequence webhooks_id_seq owned by webhooks.id;
create unique index index_webhooks_on_account_id_and_url on webhooks using btree (account_id, url);

create sequence working_hours_id_seq;
create table working_hours (
  id bigint not null default nextval('working_hours_id_seq'::regclass),
  inbox_id bigint,
  account_id bigint,
  day_of_week integer not null,
  closed_all_day boolean default false,
  open_hour integer,
  open_minutes integer,
  close_hour integer,
  close_minutes integer,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null,
  open_all_day boolean default false,
  constraint working_hours_pkey primary key (id)
);
alter sequence working_hours_id_seq owned by working_hours.id;
create index index_working_hours_on_account_id on working_hours using btree (account_id);
create index index_working_hours_on_inbox_id on working_hours using btree (inbox_id);

alter table active_storage_attachments add constraint fk_rails_c3b3935057 FOREIGN KEY (blob_id) REFERENCES active_storage_blobs(id);
alter table active_storage_variant_records add constraint fk_rails_993965df05 FOREIGN KEY (blob_id) REFERENCES active_storage_blobs(id);
alter table inboxes add constraint fk_rails_a1f654bf2d FOREIGN KEY (portal_id) REFERENCES portals(id);

create function accounts_after_insert_row_tr() returns trigger language plpgsql as $$
begin
  execute format('create sequence if not exists conv_dpid_seq_%s', new.id);
  return null;
end;
$$;
create function camp_dpid_before_insert() returns trigger language plpgsql as $$
begin
  execute format('create sequence if not exists camp_dpid_seq_%s', new.id);
  return null;
end;
$$;
create function conversations_before_insert_row_tr() returns trigger language plpgsql as $$
begin
  new.display_id := nextval('conv_dpid_seq_' || new.account_id);
  return new;
end;
$$;
create function campaigns_before_insert_row_tr() returns trigger language plpgsql as $$
begin
  new.display_id := nextval('camp_dpid_seq_' || new.account_id);
  return new;
end;
$$;
create trigger accounts_after_insert_row_tr after insert on accounts for each row execute function accounts_after_insert_row_tr();
create trigger camp_dpid_before_insert after insert on accounts for each row execute function camp_dpid_before_insert();
create trigger conversations_before_insert_row_tr before insert on conversations for each row execute function conversations_before_insert_row_tr();
create trigger campaigns_before_insert_row_tr before insert on campaigns for each row execute function campaigns_before_insert_row_tr();

insert into ar_internal_metadata (key, value, created_at, updated_at)
  values ('environment', 'production', now(), now());
insert into schema_migrations (version) values
  ('20230426130150'),
  ('20230503101201'),
  ('20230509101256'),
  ('20230510060828'),
  ('20230510113208'),
  ('20230515051424'),
  ('20230523104139'),
  ('20230525085402'),
  ('20230608040738'),
  ('20230612103936'),
  ('20230614044633'),
  ('20230620132319'),
  ('20230620212340'),
  ('20230706090122'),
  ('20230714054138'),
  ('20230727065605'),
  ('20230801180936'),
  ('20230905060223'),
  ('20231011041615'),
  ('20231013072802'),
  ('20231114111614'),
  ('20231129091149'),
  ('20231201014644'),
  ('20231211010807'),
  ('20231219000743'),
  ('20231219073832'),
  ('20231223033019'),
  ('20231223040257'),
  ('20240124054340'),
  ('20240124084032'),
  ('20240129080827'),
  ('20240131040316'),
  ('20240207103014'),
  ('20240213131252'),
  ('20240215065844'),
  ('20240216055809'),
  ('20240306201954'),
  ('20240319062553'),
  ('20240322071629'),
  ('20240415210313'),
  ('20240515201632'),
  ('20240516003531'),
  ('20240726220747'),
  ('20240923215335'),
  ('20241217041352'),
  ('20250104200055'),
  ('20250104210328'),
  ('20250105001414'),
  ('20250105005821'),
  ('20250107030743'),
  ('20250108031358'),
  ('20250108211541'),
  ('20250116000103'),
  ('20250116061033'),
  ('20250207040150'),
  ('20250228185548'),
  ('20250315202035'),
  ('20250326034635'),
  ('20250402233933'),
  ('20250410061725'),
  ('20250416182131'),
  ('20250421082927'),
  ('20250421085134'),
  ('20250512231036'),
  ('20250512231037'),
  ('20250514045638'),
  ('20250523024825'),
  ('20250523024826'),
  ('20250523031839'),
  ('20250620120000'),
  ('20250627195529'),
  ('20250709102213'),
  ('20250710145708'),
  ('20250714104358'),
  ('20250722083820'),
  ('20250722152516'),
  ('20250805082345'),
  ('20250805160307'),
  ('20250806140000'),
  ('20250806140001'),
  ('20250806140002'),
  ('20250806140003'),
  ('20250806140004'),
  ('20250806140005'),
  ('20250808123008'),
  ('20250820130619'),
  ('20250822061042'),
  ('20250825070005'),
  ('20250826000000'),
  ('20250916024703'),
  ('20250917012759'),
  ('20250929105219'),
  ('20250929132305'),
  ('20251003091242'),
  ('20251010143218'),
  ('20251021082242'),
  ('20251022152158'),
  ('20251022162159'),
  ('20251027091242'),
  ('20251111094402'),
  ('20251114173609'),
  ('20251119161025'),
  ('20251229081141'),
  ('20260112092041'),
  ('20260114192518'),
  ('20260114201315'),
  ('20260120121402'),
  ('20260130061021');
