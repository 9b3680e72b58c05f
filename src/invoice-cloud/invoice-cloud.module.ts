import { HttpModule } from '@nestjs/axios';
import { Inject, Injectable, Module, OnApplicationShutdown } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Agent } from 'undici';
import { CONFIG, ConfigError, type Config } from '../config/config.js';
import { Exchange } from './exchange.js';
import { InvoiceCloudClient } from './invoice-cloud.client.js';
import { InvoiceCloudPace } from './invoice-cloud-pace.entity.js';
import { Lanes } from './lanes.js';
import { operations } from './operations.js';
import { OutgoingCalls } from './outgoing-calls.js';
import { Pace } from './pace.js';
import { invoiceCloudAgent, undiciAdapter } from './undici-adapter.js';

/** Owns the connections, so that they are closed when the platform stops. */
@Injectable()
export class InvoiceCloudConnections implements OnApplicationShutdown {
  readonly agent: Agent;

  constructor(@Inject(CONFIG) config: Config) {
    const { url, paths } = config.invoiceCloud;
    const unknown = Object.keys(paths).filter((name) => !(name in operations));
    if (unknown.length > 0) {
      const known = Object.keys(operations).join(', ');
      throw new ConfigError([`INVOICE_CLOUD_PATHS names operations that do not exist; these do: ${known}`]);
    }
    this.agent = invoiceCloudAgent(config.urlPolicy, new URL(url).hostname, config.invoiceCloud);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.agent.close();
  }
}

@Module({ providers: [InvoiceCloudConnections], exports: [InvoiceCloudConnections] })
class ConnectionsModule {}

@Module({
  imports: [
    TypeOrmModule.forFeature([InvoiceCloudPace]),
    HttpModule.registerAsync({
      imports: [ConnectionsModule],
      inject: [InvoiceCloudConnections],
      useFactory: ({ agent }: InvoiceCloudConnections) => ({ adapter: undiciAdapter(agent), proxy: false }),
    }),
  ],
  providers: [InvoiceCloudClient, OutgoingCalls, Exchange, Lanes, Pace],
  exports: [InvoiceCloudClient],
})
export class InvoiceCloudModule {}
