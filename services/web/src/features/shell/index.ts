export { AppFrame } from './app-frame'
export { PanelHeader } from './panel-header'
