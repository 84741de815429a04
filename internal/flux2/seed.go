// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package flux2

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"github.com/gowebpki/jcs"
)

// DeriveSeed returns the seed of an image that pins none: the first four
// bytes, big endian, of the SHA-256 digest over the RFC 8785 form of
//
//	{"keepers":{…},"prompt":"…"}
//
// where the member keepers is left out if there are none, and NormalText stands for
// the prompt and for each value of a keeper. Only strings go into the document, since
// RFC 8785 reads numbers as floats. Size, format and steps take no part, so changing
// them keeps the seed and with it the composition.
//
// The rule is frozen: a different result for the same arguments would plan a
// new, paid image for everyone. It fails only on text that is not UTF-8.
func DeriveSeed(prompt string, keepers map[string]string) (uint32, error) {
	normal := make(map[string]string, len(keepers))
	for name, value := range keepers {
		normal[name] = NormalText(value)
	}
	document, err := json.Marshal(struct {
		Keepers map[string]string `json:"keepers,omitempty"`
		Prompt  string            `json:"prompt"`
	}{normal, NormalText(prompt)})
	if err != nil {
		return 0, fmt.Errorf("derive seed: %w", err)
	}
	canonical, err := jcs.Transform(document)
	if err != nil {
		return 0, fmt.Errorf("derive seed: %w", err)
	}
	digest := sha256.Sum256(canonical)
	return binary.BigEndian.Uint32(digest[:4]), nil
}
