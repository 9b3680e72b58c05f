/** Whoever knows the address may call these: they show nothing, or the address itself is the credential. */
export const PUBLIC_ROUTES = [
  'POST /postbacks/{capability}',
  'GET /launch/{ticket}',
  'GET /return/{ticket}',
  'GET /approvals/{token}',
  'POST /approvals/{token}',
  'GET /health/live',
  'GET /health/ready',
  'GET /health/intake',
];
