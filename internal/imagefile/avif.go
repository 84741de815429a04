// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"math"
)

// An AVIF file consists of boxes: size, kind, content, which may be boxes again
// (ISO/IEC 14496-12). The box meta says which of its items is the picture, and
// associates properties with items, of which ispe is the size (ISO/IEC
// 23008-12). Nothing else is looked at, and no pixel decoded.

// longestMeta is the longest box meta that is read, in bytes. Those of
// photographs with hundreds of tiles have some 10 kB.
const longestMeta = 1 << 20

var errAVIF = errors.New("invalid AVIF header")

// isAVIF tells whether content that starts like this says that it is AVIF. The
// first box names the brands that the file follows.
func isAVIF(start []byte) bool {
	if len(start) < 16 || string(start[4:8]) != "ftyp" {
		return false
	}
	size := min(int64(binary.BigEndian.Uint32(start)), int64(len(start)))
	// Between the first brand and the others there is a version.
	for at := int64(8); at+4 <= size; at += 4 {
		if brand := string(start[at : at+4]); at != 12 && (brand == "avif" || brand == "avis") {
			return true
		}
	}
	return false
}

// decodeAVIFConfig reads the size.
func decodeAVIFConfig(r io.Reader) (image.Config, error) {
	for {
		kind, size, err := boxHeader(r)
		if err != nil {
			return image.Config{}, err
		}
		if kind != "meta" {
			if _, err := io.CopyN(io.Discard, r, size); err != nil {
				return image.Config{}, unexpected(err)
			}
			continue
		}
		if size < 4 || size > longestMeta {
			return image.Config{}, fmt.Errorf("%w: its part on items has %d bytes", errAVIF, size)
		}
		meta := make([]byte, size)
		if _, err := io.ReadFull(r, meta); err != nil {
			return image.Config{}, unexpected(err)
		}
		width, height, err := sizeInMeta(meta[4:]) // after version and flags
		if err != nil {
			return image.Config{}, err
		}
		return image.Config{ColorModel: color.NRGBAModel, Width: width, Height: height}, nil
	}
}

// boxHeader reads the kind of the next box, and how long its content is.
func boxHeader(r io.Reader) (string, int64, error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return "", 0, unexpected(err)
	}
	kind, size := string(head[4:]), int64(binary.BigEndian.Uint32(head[:]))
	switch size {
	case 0: // up to the end of the file
		return kind, math.MaxInt64, nil
	case 1: // more than 32 bits
		var long [8]byte
		if _, err := io.ReadFull(r, long[:]); err != nil {
			return "", 0, unexpected(err)
		}
		size = int64(min(binary.BigEndian.Uint64(long[:]), math.MaxInt64)) - int64(len(long)) //nolint:gosec // it is limited
	}
	size -= int64(len(head))
	if size < 0 {
		return "", 0, fmt.Errorf("%w: a box is smaller than its head", errAVIF)
	}
	return kind, size, nil
}

// unexpected is for ends in the middle of something.
func unexpected(err error) error {
	if err == io.EOF { //nolint:errorlint // a reader's end is io.EOF itself.
		return io.ErrUnexpectedEOF
	}
	return err
}

// boxes calls with each box in some content.
func boxes(content []byte, call func(kind string, content []byte) error) error {
	r := bytes.NewReader(content)
	for r.Len() > 0 {
		kind, size, err := boxHeader(r)
		if err != nil {
			return err
		}
		size = min(size, int64(r.Len()))
		start := len(content) - r.Len()
		if err := call(kind, content[start:start+int(size)]); err != nil {
			return err
		}
		_, _ = r.Seek(size, io.SeekCurrent)
	}
	return nil
}

// sizeInMeta finds the size of the primary item.
func sizeInMeta(meta []byte) (int, int, error) {
	var primary uint32
	var properties, associations []byte
	sizes := make(map[int][2]int) // by number of the property, from 1
	err := boxes(meta, func(kind string, content []byte) error {
		switch kind {
		case "pitm":
			f := fields{rest: content}
			version := f.number(4) >> 24
			primary = f.id(version > 0)
			return f.err
		case "iprp":
			return boxes(content, func(kind string, content []byte) error {
				switch kind {
				case "ipco":
					properties = content
				case "ipma":
					associations = content
				}
				return nil
			})
		}
		return nil
	})
	if err != nil {
		return 0, 0, err
	}
	number := 0
	err = boxes(properties, func(kind string, content []byte) error {
		number++
		if kind != "ispe" {
			return nil
		}
		f := fields{rest: content}
		f.number(4)
		width, height := f.number(4), f.number(4)
		if width > math.MaxInt32 || height > math.MaxInt32 {
			return fmt.Errorf("%w: %d by %d pixels", errAVIF, width, height)
		}
		sizes[number] = [2]int{int(width), int(height)}
		return f.err
	})
	if err != nil {
		return 0, 0, err
	}
	f := fields{rest: associations}
	versionFlags := f.number(4)
	for range f.number(4) {
		item := f.id(versionFlags>>24 > 0)
		for range f.number(1) {
			// The highest bit says whether a reader has to know the property.
			property := f.number(1) & 0x7f
			if versionFlags&1 != 0 {
				property = property<<8 | f.number(1)
			}
			if size, is := sizes[int(property)]; is && item == primary && f.err == nil {
				return size[0], size[1], nil
			}
		}
		if f.err != nil {
			break
		}
	}
	return 0, 0, fmt.Errorf("%w: no size of the picture", errAVIF)
}

// fields reads numbers, until there are no more bytes.
type fields struct {
	rest []byte
	err  error
}

func (f *fields) number(bytes int) uint32 {
	if len(f.rest) < bytes {
		f.rest, f.err = nil, io.ErrUnexpectedEOF
		return 0
	}
	var n uint32
	for _, b := range f.rest[:bytes] {
		n = n<<8 | uint32(b)
	}
	f.rest = f.rest[bytes:]
	return n
}

func (f *fields) id(long bool) uint32 {
	if long {
		return f.number(4)
	}
	return f.number(2)
}
