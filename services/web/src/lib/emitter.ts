/** Listeners of one kind of news; `on` gives back what ends the listening. */
export class Emitter<T> {
  private readonly listeners = new Set<(news: T) => void>()

  on(listener: (news: T) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  emit(news: T): void {
    for (const listener of this.listeners) listener(news)
  }
}
