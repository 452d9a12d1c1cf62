import { create } from 'zustand'

/** The one dialog that asks again who you are; calls that need it wait for its end. */
interface StepUpState {
  asking: boolean
  settle: ((proved: boolean) => void) | null
}

export const useStepUp = create<StepUpState>(() => ({ asking: false, settle: null }))

let waiting: Promise<boolean> | null = null

export function askForProof(): Promise<boolean> {
  waiting ??= new Promise<boolean>((resolve) => {
    useStepUp.setState({ asking: true, settle: resolve })
  }).finally(() => {
    waiting = null
  })
  return waiting
}

export function settleProof(proved: boolean): void {
  const { settle } = useStepUp.getState()
  useStepUp.setState({ asking: false, settle: null })
  settle?.(proved)
}
