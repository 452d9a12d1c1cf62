import { expect, test } from 'vitest'
import de from '../../messages/de.json'
import en from '../../messages/en.json'

type Tree = { [key: string]: string | Tree }

function keysOf(tree: Tree, path = ''): string[] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'string' ? [`${path}${key}`] : keysOf(value, `${path}${key}.`),
  )
}

function argumentsOf(tree: Tree): Record<string, string[]> {
  return Object.fromEntries(
    keysOf(tree).map((path) => {
      const text = path.split('.').reduce<string | Tree>((at, key) => (at as Tree)[key] ?? '', tree) as string
      return [path, [...text.matchAll(/\{(\w+)[,}]/g)].map((match) => match[1] ?? '').toSorted()]
    }),
  )
}

test('both languages have the same texts with the same arguments', () => {
  expect(argumentsOf(de)).toEqual(argumentsOf(en))
})
