import type { LockedPackage, Project } from './project.ts'

/** A package by its place in the lock, such as `node_modules/a/node_modules/b`. */
type Located = readonly [folder: string, locked: LockedPackage]

/**
 * What is in a release, as CycloneDX 1.5: from package-lock.json alone, so that the same source makes the same file. `npm sbom` leaves out a
 * dependency that a development dependency needs as well. `epochS`: the time of the release, seconds since 1970.
 */
function sbomOf({ manifest, lock }: Project, epochS: number): object {
  const shipped = Object.entries(lock.packages).filter(isShipped)
  const folders = new Map(shipped)
  const root = { name: manifest.name, version: manifest.version, license: manifest.license }
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: { timestamp: new Date(epochS * 1000).toISOString(), component: componentOf('application', root) },
    components: shipped.map(([folder, locked]) => ({
      ...componentOf('library', { ...locked, name: nameOf(folder) }),
      scope: locked.optional ? 'optional' : 'required',
      hashes: hashesOf(locked),
    })),
    dependencies: [
      { ref: refOf(root), dependsOn: refsFrom('', lock.packages['']!, folders) },
      ...shipped.map(([folder, locked]) => ({
        ref: refOf({ ...locked, name: nameOf(folder) }),
        dependsOn: refsFrom(folder, locked, folders),
      })),
    ],
  }
}

/** As it is written into packages. */
export const sbomText = (project: Project, epochS: number): string =>
  `${JSON.stringify(sbomOf(project, epochS), undefined, 2)}\n`

/** Not for development, and for Linux where it is for one system. */
const isShipped = ([folder, { dev, os }]: Located): boolean => folder !== '' && !dev && (os?.includes('linux') ?? true)

const nameOf = (folder: string): string => folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length)

const refOf = ({ name, version }: { readonly name: string; readonly version: string }): string => `${name}@${version}`

function componentOf(type: 'application' | 'library', what: { name: string; version: string; license?: string }) {
  const { name, version, license } = what
  return {
    type,
    'bom-ref': refOf(what),
    name,
    version,
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    licenses: license === undefined ? [] : [{ expression: license }],
  }
}

/** The lock has them as `sha512-BASE64`. */
function hashesOf({ integrity }: LockedPackage) {
  if (integrity === undefined) return []
  const [algorithm = '', content = ''] = integrity.split('-')
  return [{ alg: algorithm.replace('sha', 'SHA-'), content: Buffer.from(content, 'base64').toString('hex') }]
}

/** What a package depends on, each as Node.js finds it: the nearest `node_modules` upwards that has it. */
function refsFrom(folder: string, locked: LockedPackage, folders: ReadonlyMap<string, LockedPackage>): string[] {
  const names = Object.keys({ ...locked.dependencies, ...locked.optionalDependencies })
  return names.flatMap((name) => {
    for (let from = folder; ; from = from.slice(0, Math.max(0, from.lastIndexOf('/node_modules/')))) {
      const found = folders.get(`${from === '' ? '' : `${from}/`}node_modules/${name}`)
      if (found !== undefined) return [refOf({ ...found, name })]
      if (from === '') return []
    }
  })
}
