import { BeforeApplicationShutdown, Injectable, OnApplicationBootstrap } from '@nestjs/common';
import { Sweeper } from '../common/sweeper.js';
import { RelayService } from './relay.service.js';

@Injectable()
export class RelayJanitor implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private sweeper: Sweeper | undefined;

  constructor(private readonly relay: RelayService) {}

  onApplicationBootstrap(): void {
    this.sweeper = new Sweeper('relay', [() => this.relay.recover(), () => this.relay.forget()]);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.sweeper?.stop();
  }
}
