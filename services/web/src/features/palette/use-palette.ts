import { create } from 'zustand'

export const usePalette = create<{ open: boolean; shortcuts: boolean }>(() => ({ open: false, shortcuts: false }))
