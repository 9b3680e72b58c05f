import { HttpModule } from '@nestjs/axios';
import { Inject, Injectable, Module, OnApplicationShutdown } from '@nestjs/common';
import { Agent } from 'undici';
import { CONFIG, type Config } from '../config/config.js';
import { InvoiceCloudClient } from './invoice-cloud.client.js';
import { invoiceCloudAgent, undiciAdapter } from './undici-adapter.js';

/** Owns the connections, so that they are closed when the platform stops. */
@Injectable()
export class InvoiceCloudConnections implements OnApplicationShutdown {
  readonly agent: Agent;

  constructor(@Inject(CONFIG) config: Config) {
    const { url, timeoutMs } = config.invoiceCloud;
    this.agent = invoiceCloudAgent(config.urlPolicy, new URL(url).hostname, timeoutMs);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.agent.close();
  }
}

@Module({ providers: [InvoiceCloudConnections], exports: [InvoiceCloudConnections] })
class ConnectionsModule {}

@Module({
  imports: [
    HttpModule.registerAsync({
      imports: [ConnectionsModule],
      inject: [InvoiceCloudConnections],
      useFactory: ({ agent }: InvoiceCloudConnections) => ({ adapter: undiciAdapter(agent), proxy: false }),
    }),
  ],
  providers: [InvoiceCloudClient],
  exports: [InvoiceCloudClient],
})
export class InvoiceCloudModule {}
