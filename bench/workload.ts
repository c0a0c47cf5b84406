import type { Desk } from './seed.ts'

export interface Workload {
  name: string
  /** Times the CPU of a bare node:http answer, at most. */
  limit: number
  request: (desk: Desk, i: number) => { method: 'GET' | 'POST'; path: string; headers: Record<string, string>; body?: string }
  status: number
}
