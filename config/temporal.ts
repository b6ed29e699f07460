import { readFile } from 'node:fs/promises';
import type { TemporalConfig } from './config';

/** What both `Connection.connect` (API) and `NativeConnection.connect` (worker) take. */
export interface TemporalConnectionOptions {
  readonly address: string;
  readonly apiKey?: string;
  readonly tls?: boolean | TemporalTls;
}

interface TemporalTls {
  readonly serverNameOverride?: string;
  readonly serverRootCACertificate?: Buffer;
  readonly clientCertPair?: { readonly crt: Buffer; readonly key: Buffer };
}

/**
 * Connection options for a plain server, a cluster with mutual TLS, or Temporal Cloud with a key.
 * TLS is on when TEMPORAL_TLS says so, or when a key or a certificate would be useless without it.
 * Throws when a certificate file cannot be read, naming it.
 */
export async function temporalConnectionOptions(
  config: TemporalConfig,
): Promise<TemporalConnectionOptions> {
  const tls = await readTls(config);
  const hasSettings = Object.keys(tls).length > 0;
  const isOn = config.isTlsOn ?? (hasSettings || config.apiKey !== undefined);
  return {
    address: config.address,
    ...(config.apiKey === undefined ? {} : { apiKey: config.apiKey }),
    ...(isOn ? { tls: hasSettings ? tls : true } : {}),
  };
}

async function readTls(config: TemporalConfig): Promise<TemporalTls> {
  const { clientCertificatePath, clientKeyPath } = config;
  if ((clientCertificatePath === undefined) !== (clientKeyPath === undefined)) {
    throw new Error(
      'TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH belong together: set both or none',
    );
  }
  return {
    ...(config.serverName === undefined ? {} : { serverNameOverride: config.serverName }),
    ...(config.serverCertificatePath === undefined
      ? {}
      : { serverRootCACertificate: await readFile(config.serverCertificatePath) }),
    ...(clientCertificatePath === undefined || clientKeyPath === undefined
      ? {}
      : {
          clientCertPair: {
            crt: await readFile(clientCertificatePath),
            key: await readFile(clientKeyPath),
          },
        }),
  };
}
