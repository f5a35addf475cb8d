import { z } from 'zod'
import { error } from './answers.ts'
import { type Operation, PATHS } from './paths.ts'

/** The OpenAPI 3.1 document of the inspector. A later version may answer more fields than it names. */
export function openApiDocument(): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'proxyha inspector',
      version: '1',
      description:
        'Of one gateway: on its control socket, and where inspector.listen says. Every path answers without /v1 as well.',
    },
    servers: [{ url: '/v1' }],
    security: [{}, { token: [] }],
    paths: Object.fromEntries(Object.entries(PATHS).map(([path, operation]) => [path, itemOf(operation)])),
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'Of inspector.tokens.' } },
      schemas: { Error: schemaOf(error) },
    },
  }
}

function itemOf({ method, summary, parameters = [], answer, others = {} }: Operation): object {
  const told = Object.entries(others).map(([status, schema]) => [status, jsonOf('Its refusal.', schemaOf(schema))])
  return {
    [method]: {
      summary,
      parameters: parameters.map(({ name, description, required = false }) => {
        return { name, in: 'query', description, required, schema: { type: 'string' } }
      }),
      responses: {
        200: answer === null ? { description: 'Text.' } : jsonOf('As asked.', schemaOf(answer)),
        ...Object.fromEntries(told),
        default: jsonOf('Why not.', { $ref: '#/components/schemas/Error' }),
      },
    },
  }
}

const jsonOf = (description: string, schema: object): object => {
  return { description, content: { 'application/json': { schema } } }
}

function schemaOf(schema: z.ZodType): object {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, {
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties
    },
  })
  return rest
}
