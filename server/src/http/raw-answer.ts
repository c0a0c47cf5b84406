/** An answer that is no JSON of its own: a redirect, a file, a throttle. */
export class RawAnswer {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: string | Buffer
  constructor(status: number, headers: Record<string, string>, body: string | Buffer = '') {
    this.status = status
    this.headers = headers
    this.body = body
  }
}

export const redirect = (location: string) =>
  new RawAnswer(302, { location, 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' })
