// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package diagnostics

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"
	"syscall"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
)

const proxyAsks = "The proxy wants a name and a password. Put them into the environment variable that names the proxy: " +
	"HTTPS_PROXY=http://NAME:PASSWORD@HOST:PORT (HTTP_PROXY, where the address begins with http). " +
	"Or list the server in NO_PROXY, if it can be reached without the proxy."

// reachingAdvice says what to do where there was no complete answer of fal's.
func reachingAdvice(err error) string {
	if !errors.Is(err, fal.ErrUnreachable) {
		return "There was a connection, and no complete answer came over it. Check that the network is stable, and run again."
	}
	advice := NetworkAdvice(err)
	if advice == "" {
		advice = connectionDropped
	}
	return "fal could not be reached. " + advice
}

const connectionDropped = "Something on the way lets no connection through: often a firewall. Check the network and the provider's URLs. " +
	"If a proxy is needed, name it in the environment variable HTTPS_PROXY. Then run again."

// proxyAuthRequired is the status of a proxy that wants a name, and notEncrypted what Go
// says of an answer without encryption. No part of the provider imports HTTP itself.
const (
	proxyAuthRequired = 407
	notEncrypted      = "HTTP response to HTTPS client"
)

// refusedOnWindows is what Windows says instead of ECONNREFUSED.
const refusedOnWindows = syscall.Errno(10061)

// NetworkAdvice says what to do about a connection that did not come about, be it to
// fal or to the host of an image. It is empty if something else went wrong.
func NetworkAdvice(err error) string {
	var proxy interface{ ProxyStatus() int }
	var operation *net.OpError
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	dialled := errors.As(err, &operation)
	switch {
	case errors.As(err, &proxy) && proxy.ProxyStatus() == proxyAuthRequired:
		return proxyAsks
	case errors.As(err, &proxy):
		return "The proxy does not let this machine connect to the server. Ask whoever runs the proxy to allow the server. " +
			"Or list the server in the environment variable NO_PROXY, if it can be reached without the proxy."
	case dialled && operation.Op == "proxyconnect":
		return "The proxy that the environment variable HTTPS_PROXY or HTTP_PROXY names does not answer as a proxy. Correct the variable or unset it, and run again. " +
			"Most proxies have an address that begins with http://, also in HTTPS_PROXY."
	case errors.As(err, &name) && name.IsNotFound:
		return "No name server knows that host. Check the network, and the name if it is in the provider's URLs. " +
			"Where names of the internet are known to a proxy alone, name it in the environment variable HTTPS_PROXY. Then run again."
	case errors.As(err, &name):
		return "The name server gave no answer that could be used. Check the network, and run again."
	case errors.As(err, &certificate):
		return certificateAdvice(certificate)
	case strings.Contains(err.Error(), notEncrypted):
		return "What answers there speaks HTTP without encryption. If it is an emulator, its address begins with http://, not with https://. " +
			"If not, something on the way answers in place of the server: check the network and the provider's URLs."
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, refusedOnWindows):
		return "Check the network and the provider's URLs, or start the emulator if one is to answer. Then run again."
	case dialled && operation.Op == "dial":
		return connectionDropped
	}
	return ""
}

// certificateAdvice says why a certificate is not trusted, as far as one can do
// something about it.
func certificateAdvice(certificate *tls.CertificateVerificationError) string {
	var wrongHost x509.HostnameError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(certificate, &wrongHost):
		return "The certificate is for another host. Check the provider's URLs, and whether something on the way answers in place of the server, such as the sign-in page of a network."
	case errors.As(certificate, &invalid) && invalid.Reason == x509.Expired:
		return "Check the clock of this machine. If it is right, the certificate has to be renewed by whoever runs the server."
	default:
		return "This machine does not trust the certificate of the server. If a proxy of your own organisation reads the traffic, " +
			"add its certificate authority to those that the system trusts; on Linux, the environment variable SSL_CERT_FILE may name a file of them. Then run again."
	}
}
