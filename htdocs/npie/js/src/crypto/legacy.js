// SPDX-License-Identifier: Apache-2.0
// The ciphers of old certificate stores that WebCrypto does not have.
export {};
