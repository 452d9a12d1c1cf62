export { ChannelHeader } from './channel-header'
export { ChannelList } from './channel-list'
export { ChannelScreen } from './channel-screen'
export { rememberChannel, rememberedChannel } from './remembered'
