export { RecordingScreen } from './recording-screen'
export { RecordingsScreen } from './recordings-screen'
