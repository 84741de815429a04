// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"bufio"
	"cmp"
	"crypto/md5" //nolint:gosec // object stores ask for MD5; nothing here is secured by it.
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode"

	"golang.org/x/image/webp"
)

// Info describes an image file.
type Info struct {
	// SHA256 and MD5 are in lower-case hexadecimal; SHA256Base64 is the same
	// SHA-256 in padded base64, as object stores want it.
	SHA256, SHA256Base64, MD5 string
	// SizeBytes is the size of the file in bytes.
	SizeBytes int64
	// ContentType is what the content is: image/png, image/jpeg, image/webp or
	// image/avif.
	ContentType string
	// Width and Height are in pixels, as the image's header says.
	Width, Height int64
}

// headers read an image's header, by content type.
var headers = map[string]func(io.Reader) (image.Config, error){
	"image/png":  png.DecodeConfig,
	"image/jpeg": jpeg.DecodeConfig,
	"image/webp": webp.DecodeConfig,
	"image/avif": decodeAVIFConfig,
}

// longestType is the length of the longest media type there can be, in bytes
// (RFC 6838). More is not repeated in messages.
const longestType = 255

// sniffBytes is as much as net/http looks at to tell types apart.
const sniffBytes = 512

// copyImage copies an image of at most limit bytes and describes it. Nothing
// is written before the first bytes have shown an image of the declared type;
// an empty declared type means any. One pass does it all.
func copyImage(dst io.Writer, src io.Reader, declared string, limit int64) (Info, error) {
	from := &source{r: src, left: limit, limit: limit}
	buffered := bufio.NewReader(from)
	start, _ := buffered.Peek(sniffBytes) // the error comes again with the next read
	if from.err != nil {
		return Info{}, from.err
	}
	contentType, err := checkType(start, declared)
	if err != nil {
		return Info{}, err
	}

	sha, md := sha256.New(), md5.New() //nolint:gosec // see the import.
	to := &sink{w: dst}
	tee := io.TeeReader(buffered, io.MultiWriter(to, sha, md))
	config, headerErr := headers[contentType](bufio.NewReader(tee))
	if headerErr == nil {
		_, headerErr = io.Copy(io.Discard, tee)
	}
	switch {
	case from.err != nil:
		return Info{}, from.err
	case to.err != nil:
		return Info{}, to.err
	case headerErr != nil:
		return Info{}, &problem{kind: ErrNotAnImage, text: fmt.Sprintf("the content starts like %s but has no valid header; the file is damaged at its source", contentType), cause: headerErr}
	case config.Width < 1 || config.Height < 1:
		return Info{}, fail(ErrNotAnImage, "the %s image is %d by %d pixels in size; the file is damaged at its source", contentType, config.Width, config.Height)
	}
	sum := sha.Sum(nil)
	return Info{
		SHA256:       hex.EncodeToString(sum),
		SHA256Base64: base64.StdEncoding.EncodeToString(sum),
		MD5:          hex.EncodeToString(md.Sum(nil)),
		SizeBytes:    limit - from.left,
		ContentType:  contentType,
		Width:        int64(config.Width),
		Height:       int64(config.Height),
	}, nil
}

// checkType names the type of content that starts like this, and refuses what
// is no image or not the declared one.
func checkType(start []byte, declared string) (string, error) {
	declared = normalizeType(declared)
	shown := shownType(declared)
	if len(start) == 0 {
		return "", &problem{kind: ErrNotAnImage, text: "there is no content; expected a PNG, JPEG, WebP or AVIF image", passing: true}
	}
	actual := normalizeType(http.DetectContentType(start))
	if isAVIF(start) {
		actual = "image/avif"
	}
	if headers[actual] == nil {
		text := fmt.Sprintf("the content is %s, not a PNG, JPEG, WebP or AVIF image", cmp.Or(actual, "of no known type"))
		if declared != "" {
			text += fmt.Sprintf(" (declared as %s)", shown)
		}
		// A page in place of a picture is how gateways say that they are busy.
		return "", &problem{kind: ErrNotAnImage, text: text + "; check where the URL leads", passing: actual == "text/html" || declared == "text/html"}
	}
	if declared != "" && declared != actual {
		return "", fail(ErrContentTypeMismatch, "the content is %s but was declared as %s; the host has mixed up its files, so look at the picture before using it", actual, shown)
	}
	return actual, nil
}

// shownType is a type as a host has declared it, fit for a message.
func shownType(declared string) string {
	if len(declared) > longestType {
		declared = declared[:longestType] + "…"
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(declared, ""))
}

// normalizeType strips parameters and settles synonyms. What says nothing
// about the content becomes empty.
func normalizeType(value string) string {
	t, _, err := mime.ParseMediaType(value)
	if err != nil {
		t = strings.ToLower(strings.TrimSpace(strings.SplitN(value, ";", 2)[0]))
	}
	switch t {
	case "application/octet-stream", "binary/octet-stream", "application/x-download":
		return ""
	case "image/jpg", "image/pjpeg":
		return "image/jpeg"
	case "image/x-png":
		return "image/png"
	}
	return t
}

// refuseHTML is for answers without a body: the type is all there is.
func refuseHTML(declared string) error {
	if normalizeType(declared) != "text/html" {
		return nil
	}
	return &problem{kind: ErrNotAnImage, text: "the host answered with a web page instead of an image; check where the URL leads", passing: true}
}

func tooLarge(limit int64) *problem {
	return fail(ErrTooLarge, "the image has more than %d bytes, the limit; fal makes none that large, so look at where the URL comes from", limit)
}

// source counts down to a limit, and remembers why reading failed: decoders
// replace errors by their own.
type source struct {
	r           io.Reader
	left, limit int64
	err         error
}

func (s *source) Read(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.r.Read(p)
	s.left -= int64(n)
	if s.left < 0 {
		n, err = 0, tooLarge(s.limit)
	}
	if err != nil && err != io.EOF { //nolint:errorlint // a reader's end is io.EOF itself.
		s.err = err
	}
	return n, err
}

// sink remembers why writing failed.
type sink struct {
	w   io.Writer
	err error
}

func (s *sink) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	if err != nil {
		s.err = err
	}
	return n, err
}
