/*
 * A certificate for `localhost` that signs itself, good for a hundred years, and its key. They protect nothing: tests of
 * mail over TLS serve with them.
 */
export const testCertificate = `-----BEGIN CERTIFICATE-----
MIIBlDCCATugAwIBAgIUI1MfSnruYx33f/MYSFDjDCB1nDcwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTE1MzYwOVoYDzIxMjYxMDI4
MTUzNjA5WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATKuMPukaruFkaWoNjR+XZxtnb+sUvGtUZOa8GrnRdgb79S/taBH4YV
Jx+RaxpAkfJle0cVx7OfmwCwzkV/E+DZo2kwZzAdBgNVHQ4EFgQU1f+JyVrjHprM
fQy/kwc4xkhRUqIwHwYDVR0jBBgwFoAU1f+JyVrjHprMfQy/kwc4xkhRUqIwFAYD
VR0RBA0wC4IJbG9jYWxob3N0MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwID
RwAwRAIgel58Uy5UUA6nSqxOcNsNXZmjL0qJXyY/L5tXKEvhrl0CIHdJJm/i3XvP
PCIK6eUX8ZwoeiB3kQ7fU9T7BHNTRK54
-----END CERTIFICATE-----`;

export const testCertificateKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQggDJ0gP/xPSvELgcn
CxB1Wu7apfCCfOLAFVyRaxzFWF6hRANCAATKuMPukaruFkaWoNjR+XZxtnb+sUvG
tUZOa8GrnRdgb79S/taBH4YVJx+RaxpAkfJle0cVx7OfmwCwzkV/E+DZ
-----END PRIVATE KEY-----`;
