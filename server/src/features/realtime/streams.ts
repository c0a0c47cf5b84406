export const accountStream = (accountId: number) => `account_${accountId}`
/** Marks that somebody listens who may hear of the account by a token of their own; nothing is ever sent on it. */
export const earsMark = (accountId: number) => `ears_${accountId}`
