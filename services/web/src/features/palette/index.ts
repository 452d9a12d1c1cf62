export { CommandPalette } from './command-palette'
export { usePalette } from './use-palette'
