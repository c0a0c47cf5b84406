import type { startTestApp } from '../support.ts'

/** While `work` goes on, the database refuses to write the password of this person. */
export async function withBrokenPassword(
  t: ReturnType<typeof startTestApp>,
  userId: number,
  work: () => Promise<void>,
): Promise<void> {
  await t.database.pool.query(`
    create function refuse_password() returns trigger language plpgsql as $$ begin raise exception 'not today'; end $$;
    create trigger refuse_password before update of encrypted_password on users
      for each row when (old.id = ${userId}) execute function refuse_password()`)
  try {
    await work()
  } finally {
    await t.database.pool.query('drop function refuse_password cascade')
  }
}
