import { create } from 'zustand'
import { answer, api } from '@/api/client'
import type { Instance } from '@/api/types'

/** What this installation is and allows; null until it has answered. */
export const useInstance = create<Instance | null>(() => null)

let asked: Promise<void> | null = null

export function loadInstance(): Promise<void> {
  asked ??= answer(api.GET('/api/v1/instance')).then(
    (instance) => useInstance.setState(instance, true),
    () => {
      asked = null
    },
  )
  return asked
}
