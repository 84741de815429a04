// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"encoding/base64"
	"errors"
	"io"
	"strconv"
	"strings"
)

const dataScheme = "data:"

// longestHead bounds what a data URI may say about its content, in bytes.
const longestHead = 1 << 10

func isDataURI(s string) bool {
	return len(s) >= len(dataScheme) && strings.EqualFold(s[:len(dataScheme)], dataScheme)
}

// openDataURI returns the declared media type, empty if there is none, and the
// content. The content is decoded while it is read, so that its size is known
// to the reader before memory is spent on it. Base64 may be padded or not, of
// either alphabet, percent-encoded and broken by white space.
func openDataURI(uri string) (mediaType string, content io.Reader, err error) {
	head, payload, found := strings.Cut(uri[len(dataScheme):], ",")
	if !found {
		return "", nil, fail(ErrInvalidURL, "the data URI has no comma between its media type and its content; expected data:image/png;base64,…")
	}
	if len(head) > longestHead {
		return "", nil, fail(ErrInvalidURL, "the data URI has %d characters before its content; expected data:image/png;base64,…", len(head))
	}
	params := strings.Split(head, ";")
	mediaType = strings.TrimSpace(params[0])
	content = &percentReader{payload}
	if last := params[len(params)-1]; strings.EqualFold(strings.TrimSpace(last), "base64") {
		content = base64.NewDecoder(base64.RawStdEncoding, &alphabetReader{r: content})
		if len(params) == 1 { // data:base64,… lacks the semicolon, but means no type
			mediaType = ""
		}
	}
	return mediaType, &dataReader{content}, nil
}

// dataReader gives decoding errors a text of this package.
type dataReader struct{ r io.Reader }

func (d *dataReader) Read(p []byte) (int, error) {
	n, err := d.r.Read(p)
	if err != nil && err != io.EOF { //nolint:errorlint // a reader's end is io.EOF itself.
		err = &problem{kind: ErrInvalidURL, text: "the data URI can't be decoded; it may have been cut off or altered on its way", cause: err}
	}
	return n, err
}

// percentReader reads a string and resolves %XX.
type percentReader struct{ rest string }

var errEscape = errors.New("a percent sign is not followed by two hexadecimal digits")

func (r *percentReader) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) && r.rest != "" {
		// Looking no further than p reaches keeps large URIs linear.
		run := r.rest[:min(len(r.rest), len(p)-n)]
		if next := strings.IndexByte(run, '%'); next >= 0 {
			run = run[:next]
		}
		if run != "" {
			n += copy(p[n:], run)
			r.rest = r.rest[len(run):]
			continue
		}
		if len(r.rest) < 3 {
			return n, errEscape
		}
		b, err := strconv.ParseUint(r.rest[1:3], 16, 8)
		if err != nil {
			return n, errEscape
		}
		p[n] = byte(b)
		n++
		r.rest = r.rest[3:]
	}
	if n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

// alphabetReader turns the spellings of base64 that are found in data URIs
// into the plain one: no padding, no white space, + and /.
type alphabetReader struct {
	r     io.Reader
	ended bool // the padding has begun
}

var errAfterPadding = errors.New("content follows the padding")

func (a *alphabetReader) Read(p []byte) (int, error) {
	for {
		n, err := a.r.Read(p)
		kept := 0
		for _, b := range p[:n] {
			switch b {
			case ' ', '\t', '\r', '\n', '\f':
				continue
			case '=':
				a.ended = true
				continue
			case '-':
				b = '+'
			case '_':
				b = '/'
			}
			if a.ended {
				return kept, errAfterPadding
			}
			p[kept] = b
			kept++
		}
		if kept > 0 || err != nil || len(p) == 0 {
			return kept, err
		}
	}
}
