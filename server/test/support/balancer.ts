import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface Balancer {
  base: string
  close: () => Promise<void>
}

const CHECK = 50

/** Gives each connection, a websocket's too, to the next process that is well; asks them for their health all the time. */
export async function startBalancer(targets: string[]): Promise<Balancer> {
  const well = new Set(targets)
  const open = new Set<Socket>()
  let turn = 0
  const next = (tried: Set<string>) => {
    const left = targets.filter((target) => !tried.has(target))
    const best = left.filter((target) => well.has(target))
    const choice = best.length ? best : left
    return choice[turn++ % choice.length]
  }
  const serve = (client: Socket, tried: Set<string>) => {
    const target = next(tried)
    if (!target) return client.destroy()
    const { hostname, port } = new URL(target)
    const server = connect({ host: hostname, port: Number(port), noDelay: true })
    server.once('connect', () => {
      for (const [one, other] of [
        [client, server],
        [server, client],
      ] as const) {
        open.add(one)
        one.on('error', () => other.destroy())
        one.on('close', () => (open.delete(one), other.destroy()))
        one.pipe(other)
      }
      server.off('error', again)
    })
    // Nobody listens there: nothing was sent yet.
    const again = () => serve(client, tried.add(target))
    server.once('error', again)
  }
  const balancer = createServer({ pauseOnConnect: true, noDelay: true }, (client) => {
    client.on('error', () => {})
    serve(client, new Set())
  })
  await new Promise<void>((done) => balancer.listen(0, '127.0.0.1', done))
  const check = async (target: string) => {
    const isWell = await fetch(`${target}/health`, { signal: AbortSignal.timeout(2000) }).then(
      (answer) => answer.ok,
      () => false,
    )
    if (isWell) well.add(target)
    else well.delete(target)
  }
  const checks = targets.map((target) => {
    let isBusy = false
    return setInterval(() => {
      if (isBusy) return
      isBusy = true
      void check(target).finally(() => (isBusy = false))
    }, CHECK)
  })
  return {
    base: `http://127.0.0.1:${(balancer.address() as AddressInfo).port}`,
    async close() {
      for (const timer of checks) clearInterval(timer)
      const closed = new Promise((done) => balancer.close(done))
      for (const socket of open) socket.destroy()
      await closed
    },
  }
}
