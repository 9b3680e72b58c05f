/**
 * The plain way: Nest as its guides show it. A class that class-validator checks, `HttpService` with axios as it comes, and
 * a repository's `save` before and after the call. On Express, which is what Nest takes when nothing is said.
 */
import { HttpModule, HttpService } from '@nestjs/axios';
import { Body, Controller, Get, Injectable, Module, Post, ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, IsNumber, IsOptional, IsString, MaxLength, ValidateNested } from 'class-validator';
import { randomBytes } from 'node:crypto';
import { Column, CreateDateColumn, Entity, PrimaryGeneratedColumn, Repository, UpdateDateColumn } from 'typeorm';
import { environment } from './environment.js';

const { databaseUrl, port, invoiceCloudUrl } = environment();

@Entity('payments')
class PlainPayment {
  @PrimaryGeneratedColumn('uuid') id: string;
  @Column('text') accountNumber: string;
  @Column('text') invoiceNumber: string;
  @Column('text', { nullable: true }) billerReference: string | null;
  @Column('bigint') amountDueCents: number;
  @Column('text') status: string;
  @Column('text') capability: string;
  @Column('text', { nullable: true }) hostedPage: string | null;
  @CreateDateColumn({ type: 'timestamptz' }) createdAt: Date;
  @UpdateDateColumn({ type: 'timestamptz' }) updatedAt: Date;
}

class PlainInvoice {
  @IsString() @MaxLength(50) InvoiceNumber: string;
  @IsNumber() BalanceDue: number;
}

class PlainCustomer {
  @IsString() @MaxLength(50) AccountNumber: string;
  @IsOptional() @IsString() @MaxLength(200) Name?: string;
  @ValidateNested({ each: true })
  @ArrayMinSize(1)
  @ArrayMaxSize(1)
  @Type(() => PlainInvoice)
  Invoices: PlainInvoice[];
}

class PlainPaymentRequest {
  @ValidateNested({ each: true })
  @ArrayMinSize(1)
  @ArrayMaxSize(1)
  @Type(() => PlainCustomer)
  Customers: PlainCustomer[];
  @IsOptional() @IsString() BillerReference?: string;
}

@Injectable()
class PlainPayments {
  constructor(
    @InjectRepository(PlainPayment) private readonly payments: Repository<PlainPayment>,
    private readonly http: HttpService,
  ) {}

  async open(request: PlainPaymentRequest): Promise<{ id: string; status: string; cloudPaymentUrl: string }> {
    const [customer] = request.Customers;
    const [invoice] = customer?.Invoices ?? [];
    const payment = await this.payments.save({
      accountNumber: customer?.AccountNumber ?? '',
      invoiceNumber: invoice?.InvoiceNumber ?? '',
      billerReference: request.BillerReference ?? null,
      amountDueCents: (invoice?.BalanceDue ?? 0) * 100,
      status: 'opening',
      capability: randomBytes(32).toString('base64url'),
      hostedPage: null,
    });
    const { data } = await this.http.axiosRef.post<{ Data: { CloudPaymentURL: string } }>(
      `${invoiceCloudUrl}/cloudpaymentsapi/v2`,
      { ...request, PostBackURL: `http://127.0.0.1:${port}/postbacks/${payment.capability}` },
      { headers: { authorization: 'Basic a2V5' } },
    );
    const cloudPaymentUrl = data.Data.CloudPaymentURL;
    await this.payments.save({ ...payment, status: 'open', hostedPage: cloudPaymentUrl });
    return { id: payment.id, status: 'open', cloudPaymentUrl };
  }
}

@Controller()
class PlainController {
  constructor(private readonly payments: PlainPayments) {}

  @Post('payments')
  open(@Body() request: PlainPaymentRequest) {
    return this.payments.open(request);
  }

  @Get('health/ready')
  ready() {
    return { status: 'ok' };
  }
}

@Module({
  imports: [
    HttpModule,
    TypeOrmModule.forRoot({
      type: 'postgres',
      url: databaseUrl,
      poolSize: 10,
      entities: [PlainPayment],
      synchronize: true,
    }),
    TypeOrmModule.forFeature([PlainPayment]),
  ],
  controllers: [PlainController],
  providers: [PlainPayments],
})
class PlainModule {}

const app = await NestFactory.create<NestExpressApplication>(PlainModule, new ExpressAdapter(), { logger: false });
app.useGlobalPipes(new ValidationPipe({ transform: true }));
await app.listen(port, '127.0.0.1');
