// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import "net/netip"

// kind says where in the world an address is.
type kind int

const (
	publicKind kind = iota
	loopbackKind
	privateKind
	linkLocalKind
	reservedKind
)

func (k kind) String() string {
	return [...]string{"public", "loopback", "private", "link-local", "reserved"}[k]
}

// notPublic lists what IANA's special-purpose registries call not globally
// reachable, and what has been given up; the first match counts.
var notPublic = []struct {
	prefix netip.Prefix
	kind   kind
}{
	{netip.MustParsePrefix("127.0.0.0/8"), loopbackKind},
	{netip.MustParsePrefix("::1/128"), loopbackKind},
	// Connecting to the unspecified address reaches the machine itself.
	{netip.MustParsePrefix("0.0.0.0/32"), loopbackKind},
	{netip.MustParsePrefix("::/128"), loopbackKind},
	{netip.MustParsePrefix("10.0.0.0/8"), privateKind},
	{netip.MustParsePrefix("172.16.0.0/12"), privateKind},
	{netip.MustParsePrefix("192.168.0.0/16"), privateKind},
	{netip.MustParsePrefix("100.64.0.0/10"), privateKind}, // carrier-grade NAT, overlay networks
	{netip.MustParsePrefix("fc00::/7"), privateKind},      // unique local
	{netip.MustParsePrefix("fec0::/10"), privateKind},     // site-local, deprecated
	{netip.MustParsePrefix("169.254.0.0/16"), linkLocalKind},
	{netip.MustParsePrefix("fe80::/10"), linkLocalKind},
	{netip.MustParsePrefix("0.0.0.0/8"), reservedKind},
	{netip.MustParsePrefix("192.0.0.0/24"), reservedKind},
	{netip.MustParsePrefix("192.0.2.0/24"), reservedKind},
	{netip.MustParsePrefix("192.88.99.0/24"), reservedKind},
	{netip.MustParsePrefix("198.18.0.0/15"), reservedKind},
	{netip.MustParsePrefix("198.51.100.0/24"), reservedKind},
	{netip.MustParsePrefix("203.0.113.0/24"), reservedKind},
	{netip.MustParsePrefix("224.0.0.0/3"), reservedKind}, // multicast, class E, broadcast
	{netip.MustParsePrefix("::/96"), reservedKind},       // IPv4-compatible, deprecated
	{netip.MustParsePrefix("64:ff9b:1::/48"), reservedKind},
	{netip.MustParsePrefix("100::/63"), reservedKind},
	{netip.MustParsePrefix("2001::/23"), reservedKind}, // Teredo and other protocols
	{netip.MustParsePrefix("2001:db8::/32"), reservedKind},
	{netip.MustParsePrefix("2002::/16"), reservedKind}, // 6to4 embeds any IPv4 address
	{netip.MustParsePrefix("3fff::/20"), reservedKind},
	{netip.MustParsePrefix("5f00::/16"), reservedKind},
	{netip.MustParsePrefix("ff00::/8"), reservedKind}, // multicast
}

// nat64 is how a network without IPv4 writes IPv4 addresses: what counts is
// the address inside.
var nat64 = netip.MustParsePrefix("64:ff9b::/96")

func kindOfAddr(ap netip.AddrPort) kind {
	addr := ap.Addr().Unmap().WithZone("")
	if nat64.Contains(addr) {
		b := addr.As16()
		addr = netip.AddrFrom4([4]byte(b[12:]))
	}
	for _, entry := range notPublic {
		if entry.prefix.Contains(addr) {
			return entry.kind
		}
	}
	return publicKind
}
