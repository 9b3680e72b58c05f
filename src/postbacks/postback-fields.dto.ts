import { ApiProperty } from '@nestjs/swagger';

/** The eighteen parameters that Invoice Cloud declares (observed). More may come; they are kept and relayed. */
export class PostbackFields {
  BillerGUID: string;
  PaymentDate: string;
  InvoiceNumber: string;
  @ApiProperty({ enum: ['True', 'False'] }) Approved: string;
  CustomerName: string;
  CustomerAddress: string;
  CustomerCity: string;
  CustomerState: string;
  CustomerZip: string;
  PaymentGUID: string;
  @ApiProperty({ example: '3.00' }) PaymentAmount: string;
  PaymentDescription: string;
  PaymentTypeID: string;
  @ApiProperty({ example: 'VISA' }) CardType: string;
  PaymentMessage: string;
  BillerReference: string;
  @ApiProperty({ example: '0.00' }) ConvenienceFee: string;
  RemoteIP: string;
}
