// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"
	"testing/iotest"
)

// extendedWebP is the start of a WebP file with features (VP8X), which is what
// encoders write when a picture has metadata or an alpha channel.
func extendedWebP(width, height uint32) []byte {
	b := append([]byte("RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x10\x00\x00\x00"), make([]byte, 6)...)
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-8)) //nolint:gosec // 30 bytes.
	for i := range 3 {
		b[24+i] = byte((width - 1) >> (8 * i))
		b[27+i] = byte((height - 1) >> (8 * i))
	}
	return b
}

func TestCopyImage_extendedWebP(t *testing.T) {
	t.Parallel()
	info, err := copyImage(io.Discard, bytes.NewReader(extendedWebP(2048, 1152)), "image/webp", 1000)
	if err != nil || info.Width != 2048 || info.Height != 1152 || info.ContentType != "image/webp" {
		t.Errorf("%+v, %v", info, err)
	}
}

func TestCopyImage_inSmallPieces(t *testing.T) {
	t.Parallel()
	for _, contentType := range []string{"image/png", "image/jpeg", "image/webp", "image/avif"} {
		content := picture(t, contentType, 1)
		var out bytes.Buffer
		info, err := copyImage(&out, iotest.HalfReader(iotest.OneByteReader(bytes.NewReader(content))), contentType, DefaultMaxBytes)
		if err != nil || info != infoOf(content, contentType) || !bytes.Equal(out.Bytes(), content) {
			t.Errorf("%s: %+v, %v", contentType, info, err)
		}
	}
}

// A read error is reported as itself, wherever in the image it happens, and
// never as a damaged image: only then is the download tried again.
func TestCopyImage_readErrors(t *testing.T) {
	t.Parallel()
	cause := errors.New("cut")
	for _, contentType := range []string{"image/png", "image/jpeg", "image/webp", "image/avif"} {
		content := picture(t, contentType, 1)
		for cut := range len(content) {
			r := io.MultiReader(bytes.NewReader(content[:cut]), iotest.ErrReader(cause))
			if _, err := copyImage(io.Discard, r, contentType, DefaultMaxBytes); err != cause { //nolint:errorlint // the error itself is meant.
				t.Fatalf("%s cut after %d bytes: %v", contentType, cut, err)
			}
		}
	}
}

// Without a complete header it is no image, and no second try makes it one.
func TestCopyImage_damagedHeaders(t *testing.T) {
	t.Parallel()
	for _, contentType := range []string{"image/png", "image/jpeg", "image/webp", "image/avif"} {
		content := picture(t, contentType, 1)
		_, err := copyImage(io.Discard, bytes.NewReader(content[:17]), contentType, DefaultMaxBytes)
		if !errors.Is(err, ErrNotAnImage) || isPassing(err) {
			t.Errorf("%s: %v", contentType, err)
		}
	}
	noWidth := bytes.Clone(picture(t, "image/jpeg", 1))
	frame := bytes.Index(noWidth, []byte{0xff, 0xc0})
	copy(noWidth[frame+7:], []byte{0, 0})
	if _, err := copyImage(io.Discard, bytes.NewReader(noWidth), "image/jpeg", DefaultMaxBytes); !errors.Is(err, ErrNotAnImage) {
		t.Errorf("an image without width: %v", err)
	}
}

func TestNormalizeType(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"": "", "image/png": "image/png", "Image/PNG; q=1": "image/png", " image/webp ": "image/webp", "image/png; =": "image/png",
		"image/jpg": "image/jpeg", "application/octet-stream": "", "binary/octet-stream": "", "text/html;charset=utf-8": "text/html",
	} {
		if got := normalizeType(value); got != want {
			t.Errorf("%q is %q, want %q", value, got, want)
		}
	}
}
