/** What a contestant is told. The same names as the platform's own settings. */
export function environment(): {
  readonly databaseUrl: string;
  readonly port: number;
  readonly invoiceCloudUrl: string;
} {
  const read = (name: string): string => {
    const value = process.env[name];
    if (value === undefined) throw new Error(`${name} is not set`);
    return value;
  };
  return {
    databaseUrl: read('DATABASE_URL'),
    port: Number(read('PORT')),
    invoiceCloudUrl: read('INVOICE_CLOUD_URL'),
  };
}
