export { EmojiPopover } from './emoji-popover'
