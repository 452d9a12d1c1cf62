import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'

/** SHA-256 of a file, piece by piece, away from the page's thread; works without `crypto.subtle`. */
const PIECE = 4 * 1024 * 1024

addEventListener('message', async (event: MessageEvent<File>) => {
  const file = event.data
  try {
    const hash = sha256.create()
    for (let at = 0; at < file.size; at += PIECE) {
      hash.update(new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer()))
    }
    postMessage({ hash: bytesToHex(hash.digest()) })
  } catch (error) {
    postMessage({ error: String(error) })
  }
})
