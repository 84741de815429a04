// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"io"
)

// metadata is what a picture says about itself, beside its pixels.
type metadata struct {
	// orientation is EXIF's, 1 to 8. Zero: none.
	orientation int
	// profile is the ICC profile of its colours. Empty: none.
	profile  []byte
	animated bool
}

// longestProfile is where an unpacked profile is cut off, in bytes.
const longestProfile = 1 << 20

func metadataOfPNG(source []byte) metadata {
	var found metadata
	rest := source[min(len(source), len("\x89PNG\r\n\x1a\n")):]
	for len(rest) >= 8 {
		length, kind := uint64(binary.BigEndian.Uint32(rest)), string(rest[4:8])
		rest = rest[8:]
		if length+4 > uint64(len(rest)) || kind == "IDAT" {
			break
		}
		switch kind {
		case "acTL":
			found.animated = true
		case "eXIf":
			found.orientation = orientationOf(rest[:length])
		case "iCCP":
			found.profile = inflatedProfile(rest[:length])
		}
		rest = rest[length+4:]
	}
	return found
}

// inflatedProfile unpacks a profile behind its name and a byte for the method. A
// damaged or very long one counts as none.
func inflatedProfile(chunk []byte) []byte {
	_, packed, _ := bytes.Cut(chunk, []byte{0})
	if len(packed) == 0 {
		return nil
	}
	r, err := zlib.NewReader(bytes.NewReader(packed[1:]))
	if err != nil {
		return nil
	}
	profile, err := io.ReadAll(io.LimitReader(r, longestProfile))
	if err != nil {
		return nil
	}
	return profile
}

func metadataOfJPEG(source []byte) metadata {
	var found metadata
	var profile [][]byte
	rest := source[min(len(source), 2):]
	for len(rest) >= 4 && rest[0] == 0xff {
		kind := rest[1]
		if kind == 0xff { // fills up
			rest = rest[1:]
			continue
		}
		length := int(binary.BigEndian.Uint16(rest[2:]))
		if kind == 0xda || length < 2 || length+2 > len(rest) { // 0xda: the pixels begin
			break
		}
		segment := rest[4 : 2+length]
		if content, is := bytes.CutPrefix(segment, []byte("Exif\x00\x00")); kind == 0xe1 && is && found.orientation == 0 {
			found.orientation = orientationOf(content)
		}
		if part, is := bytes.CutPrefix(segment, []byte("ICC_PROFILE\x00")); kind == 0xe2 && is && len(part) >= 2 {
			profile = append(profile, part)
		}
		rest = rest[2+length:]
	}
	found.profile = profileOfJPEG(profile)
	return found
}

func metadataOfWebP(source []byte) metadata {
	var found metadata
	rest := source[min(len(source), len("RIFF....WEBP")):]
	for len(rest) >= 8 {
		kind, length := string(rest[:4]), uint64(binary.LittleEndian.Uint32(rest[4:]))
		rest = rest[8:]
		if length > uint64(len(rest)) {
			break
		}
		switch kind {
		case "VP8X":
			found.animated = length > 0 && rest[0]&2 != 0
		case "ICCP":
			found.profile = rest[:length]
		case "EXIF":
			found.orientation = orientationOf(bytes.TrimPrefix(rest[:length], []byte("Exif\x00\x00")))
		}
		rest = rest[min(length+length%2, uint64(len(rest))):]
	}
	return found
}

// orientationOf reads the orientation in EXIF's data, a TIFF file without
// pictures. It is zero if there is none.
func orientationOf(exif []byte) int {
	const tagOrientation, typeShort, entrySize = 0x0112, 3, 12
	if len(exif) < 8 {
		return 0
	}
	var order binary.ByteOrder
	switch string(exif[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return 0
	}
	offset := uint64(order.Uint32(exif[4:]))
	if offset+2 > uint64(len(exif)) {
		return 0
	}
	entries := exif[offset+2:]
	for range order.Uint16(exif[offset:]) {
		if len(entries) < entrySize {
			break
		}
		if order.Uint16(entries) == tagOrientation {
			value := order.Uint16(entries[8:])
			if order.Uint16(entries[2:]) != typeShort || value < 1 || value > 8 {
				return 0
			}
			return int(value)
		}
		entries = entries[entrySize:]
	}
	return 0
}
