-- The words of articles, as `article.query.ts` asks for them.
create index parley_articles_words on articles using gin ((
  setweight(to_tsvector('simple', coalesce(title, '')), 'A') || setweight(to_tsvector('simple', coalesce(description, '')), 'B') ||
  setweight(to_tsvector('simple', coalesce(content, '')), 'C')));
