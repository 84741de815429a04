// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

// The kinds of failure, for errors.Is. The errors themselves say more.
var (
	// ErrGone means that the host has deleted the image: 404 or 410.
	ErrGone = errors.New("the image is gone")
	// ErrInvalidURL means a URL that can't be used at all: malformed, of an
	// unknown scheme, with a user name, with too many redirects, or a data URI
	// that does not decode.
	ErrInvalidURL = errors.New("invalid image URL")
	// ErrInsecureURL means plain HTTP where only HTTPS is allowed.
	ErrInsecureURL = errors.New("insecure image URL")
	// ErrForbiddenAddress means a host at a private, link-local, loopback or
	// otherwise not public address.
	ErrForbiddenAddress = errors.New("forbidden address")
	// ErrTooLarge means more bytes, or pixels, than the limit allows.
	ErrTooLarge = errors.New("image too large")
	// ErrNotAnImage means content that is no PNG, JPEG, WebP or AVIF image.
	ErrNotAnImage = errors.New("not an image")
	// ErrTruncated means an image whose end is missing.
	ErrTruncated = errors.New("truncated image")
	// ErrAnimated means an image of several frames, of which no other is made.
	ErrAnimated = errors.New("animated image")
	// ErrNoDecoder means an image of a type that can't be changed.
	ErrNoDecoder = errors.New("no decoder")
	// ErrNoEncoder means a format that this program wasn't built to write.
	ErrNoEncoder = errors.New("no encoder")
	// ErrContentTypeMismatch means an image of another type than was declared.
	ErrContentTypeMismatch = errors.New("content type mismatch")
	// ErrHashMismatch means an image with another SHA-256 than was expected;
	// HashMismatchError has both.
	ErrHashMismatch = errors.New("hash mismatch")
	// ErrPath means that the file can't be written at, or read from, its path.
	ErrPath = errors.New("unusable path")
)

// StatusError is an answer that is not the image.
type StatusError struct {
	// Status is the HTTP status code.
	Status int
	// URL is the address that was asked, without its query.
	URL string

	effort effort
}

// Error says what was answered and what to do next.
func (e *StatusError) Error() string {
	var advice string
	switch e.Status {
	case http.StatusNotFound, http.StatusGone:
		advice = "the file has expired or was deleted, and the host does not bring it back"
	case http.StatusUnauthorized, http.StatusForbidden:
		advice = "the file is not public; allow reading for everyone who has the link, or use a signed URL"
	case http.StatusProxyAuthRequired:
		advice = "a proxy wants a name and a password, which the environment variable that names it can hold: HTTP_PROXY=http://NAME:PASSWORD@HOST:PORT"
	default:
		advice = "the host does not deliver the file at the moment; try again later"
	}
	return fmt.Sprintf("%s answered %d %s%s: %s", e.URL, e.Status, http.StatusText(e.Status), e.effort, advice)
}

// Is makes 404 and 410 an ErrGone.
func (e *StatusError) Is(target error) bool {
	return target == ErrGone && (e.Status == http.StatusNotFound || e.Status == http.StatusGone)
}

// ProxyError is a proxy that refuses to connect. The image's host was not asked.
type ProxyError struct {
	// Host is the proxy's, with its port.
	Host string
	// Code is the HTTP status, and Status the same with words.
	Code   int
	Status string
}

// Error says who refused, and how.
func (e *ProxyError) Error() string {
	return fmt.Sprintf("the proxy %s answered HTTP %s", e.Host, e.Status)
}

// ProxyStatus is the HTTP status that the proxy answered.
func (e *ProxyError) ProxyStatus() int { return e.Code }

// HashMismatchError is an image that is not the expected one. Both hashes are
// SHA-256 in lower-case hexadecimal.
type HashMismatchError struct {
	Expected, Actual string
}

// Error names both hashes and says what to do next.
func (e *HashMismatchError) Error() string {
	return fmt.Sprintf("the image has SHA-256 %s, expected was %s; nothing was written. If the new content is the right one, change the expected hash to the first", e.Actual, e.Expected)
}

// Is makes it an ErrHashMismatch.
func (e *HashMismatchError) Is(target error) bool { return target == ErrHashMismatch }

// problem is a failure of one kind with a text for people.
type problem struct {
	kind  error
	text  string
	cause error
	// passing marks what may be gone with the next try.
	passing bool
}

func (p *problem) Error() string {
	if p.cause != nil {
		return p.text + ": " + p.cause.Error()
	}
	return p.text
}

func (p *problem) Unwrap() []error {
	var errs []error
	for _, err := range []error{p.kind, p.cause} {
		if err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

func fail(kind error, format string, args ...any) *problem {
	return &problem{kind: kind, text: fmt.Sprintf(format, args...)}
}

// public is a URL fit for messages and logs: the query may be a signature, the
// user part a password.
func public(u *url.URL) string {
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}
