import { create } from 'zustand'
import { request } from '@/api/client'
import type { Member, Profile } from '@/api/types'

/** Everyone whose name was met, by id: authors, members. */
export const usePeople = create<Record<string, Profile>>(() => ({}))

export function meet(profiles: Profile[]): void {
  const known = usePeople.getState()
  const news = profiles.filter((one) => {
    const held = known[one.id]
    return !held || held.display_name !== one.display_name || held.avatar_url !== one.avatar_url
  })
  if (news.length > 0) usePeople.setState(Object.fromEntries(news.map((one) => [one.id, one])))
}

const asked = new Set<string>()

/** For names in messages whose owners have not been met. */
export async function lookUp(space: string, id: string): Promise<void> {
  if (usePeople.getState()[id] || asked.has(id)) return
  asked.add(id)
  try {
    meet([(await request<Member>('GET', `/api/v1/spaces/${space}/members/${id}`)).user])
  } catch {
    // Not a member any more: the mention stays without a name.
  }
}
