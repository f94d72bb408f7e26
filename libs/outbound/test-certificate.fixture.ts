/**
 * A certificate of `idp.example.test` that signed itself, and its key. It guards nothing: only servers of the tests use it, and
 * nobody trusts it but them.
 */
export const testServerName = 'idp.example.test';

export const testKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgfbkDAtwe1b/dXtoc
BpHWpJSceJMNhnQwnL8xxqvWnMChRANCAAS8DGreABsGwXudZkr4mCWxEDIfoc7K
jXexPTg+Fl6alnm5FYj4RWoB883u+lss5NBpRwQVTK68+9awiSong38P
-----END PRIVATE KEY-----
`;

export const testCertificate = `-----BEGIN CERTIFICATE-----
MIIBpjCCAUygAwIBAgIUE7wBx1wYmyilRHjVqW4m7dupqOIwCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwOQ3JlZFZhdWx0IHRlc3QwIBcNMjYxMTIxMTUyNDIwWhgPMjEy
NjEwMjgxNTI0MjBaMBkxFzAVBgNVBAMMDkNyZWRWYXVsdCB0ZXN0MFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAEvAxq3gAbBsF7nWZK+JglsRAyH6HOyo13sT04PhZe
mpZ5uRWI+EVqAfPN7vpbLOTQaUcEFUyuvPvWsIkqJ4N/D6NwMG4wHQYDVR0OBBYE
FK/yFnGX4qoNfOjK7aemYnNH41MaMB8GA1UdIwQYMBaAFK/yFnGX4qoNfOjK7aem
YnNH41MaMA8GA1UdEwEB/wQFMAMBAf8wGwYDVR0RBBQwEoIQaWRwLmV4YW1wbGUu
dGVzdDAKBggqhkjOPQQDAgNIADBFAiAOK/VY6PQgCqpVvuQq+Kg9G8Kh54JuOYQe
xLMtWy3tKQIhAJfWwUdQsG7iB0/xmiPXJ7lPR7qjlCX9ba4tM3rRbWg0
-----END CERTIFICATE-----
`;
