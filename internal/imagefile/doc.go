// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

// Package imagefile brings an image from its URL to disk: it fetches the
// bytes, checks that they are the picture they claim to be, hashes them and
// puts them in place in one step. It also answers whether a hosted image still
// exists.
//
// Media URLs come out of a server's answer, so they are not trusted. No
// credential is ever sent; only HTTPS is spoken; private, link-local and
// loopback addresses are refused on the address that is dialled, for every
// redirect anew. The exception is an API that itself lives at such an address,
// as an emulator does: see Options.TrustedOrigins.
//
// Proxies named in the environment (HTTPS_PROXY, NO_PROXY and so on) are used.
// A proxy resolves names itself, so the address behind a name can't be seen
// from here; URLs that name an address are still checked, plain HTTP to a name
// is refused, and the rest is the business of whoever runs the proxy.
package imagefile
