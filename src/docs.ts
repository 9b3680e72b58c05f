import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { ProblemView } from './common/openapi.js';

export function describeApi(app: NestFastifyApplication): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setTitle('Billbridge')
    .setDescription(
      'Between partner backends and Invoice Cloud. Errors are problem details (RFC 9457) with a stable `code`; ' +
        'amounts in answers are whole cents, times are ISO 8601 in UTC.',
    )
    .setVersion('1')
    .addBearerAuth(
      { type: 'http', scheme: 'bearer', description: "A partner's API key: bb_test_… or bb_live_…" },
      'partner-key',
    )
    .addBasicAuth(
      { type: 'http', scheme: 'basic', description: 'The API key alone, base64-encoded, with or without a colon.' },
      'cpv2-key',
    )
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: "The administrator's key." }, 'admin-key')
    .build();
  return SwaggerModule.createDocument(app, builder, { extraModels: [ProblemView] });
}

/** Swagger UI at /docs, the document at /docs-json. */
export function serveDocs(app: NestFastifyApplication): void {
  SwaggerModule.setup('docs', app, () => describeApi(app), {
    jsonDocumentUrl: 'docs-json',
    yamlDocumentUrl: 'docs-yaml',
  });
}
