// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// State is what an engine remembers from one operation to the next. It holds
// JSON, as a state file does.
type State struct {
	objects map[objectKey]*record
	outputs map[string]output
}

// objectKey tells objects apart: a resource instance has one current object,
// and may have deposed ones, whose replacement was created before.
type objectKey struct {
	address string
	deposed string // empty for the current object
}

// record is an object as a state file has it.
type record struct {
	block         string // address of the resource
	kind          string // "resource" or "data"
	typeName      string
	key           string // JSON: null, a string or a number
	provider      string
	version       int64
	shape         cty.Type // of the attributes
	attributes    []byte
	identity      []byte // nil for none
	identityShape cty.Type
	private       []byte
	tainted       bool
	createFirst   bool
	dependencies  []string
}

type output struct {
	value     cty.Value
	sensitive bool
}

func newState() *State {
	return &State{objects: map[objectKey]*record{}, outputs: map[string]output{}}
}

// Copy is a state of its own: records are replaced, never changed.
func (s *State) Copy() *State {
	return &State{objects: maps.Clone(s.objects), outputs: maps.Clone(s.outputs)}
}

// Addresses are the resource instances in state, deposed objects and data left
// out.
func (s *State) Addresses() []string {
	var addresses []string
	for key, held := range s.objects {
		if key.deposed == "" && held.kind == "resource" {
			addresses = append(addresses, key.address)
		}
	}
	slices.Sort(addresses)
	return addresses
}

// Tainted reports whether the current object of an instance is to be replaced.
func (s *State) Tainted(address string) bool {
	held := s.objects[objectKey{address: address}]
	return held != nil && held.tainted
}

// mark sets or removes the mark of a tainted object.
func (s *State) mark(address string, tainted bool) bool {
	held, found := s.objects[objectKey{address: address}]
	if found {
		changed := *held
		changed.tainted = tainted
		s.objects[objectKey{address: address}] = &changed
	}
	return found
}

// Rewrite has an object of the state be as another version of its provider wrote
// it, without what that keeps beside the attributes. It reports whether there is
// one at that address.
func (s *State) Rewrite(address string, version int64, attributes []byte) bool {
	held, found := s.objects[objectKey{address: address}]
	if found {
		changed := *held
		changed.version, changed.attributes, changed.private = version, attributes, nil
		s.objects[objectKey{address: address}] = &changed
	}
	return found
}

// RewritePrivate changes what the provider keeps beside the attributes of an object.
func (s *State) RewritePrivate(address string, change func(private []byte) []byte) {
	if held, found := s.objects[objectKey{address: address}]; found {
		changed := *held
		changed.private = change(slices.Clone(held.private))
		s.objects[objectKey{address: address}] = &changed
	}
}

// move gives the current object of an instance another address.
func (s *State) move(from, to string) bool {
	held, found := s.objects[objectKey{address: from}]
	if _, taken := s.objects[objectKey{address: to}]; !found || taken {
		return false
	}
	moved := *held
	block, key, keyed := strings.Cut(strings.TrimSuffix(to, "]"), "[")
	moved.block, moved.key = block, "null"
	if keyed {
		moved.key = key
	}
	delete(s.objects, objectKey{address: from})
	s.objects[objectKey{address: to}] = &moved
	return true
}

// Deposed are the keys of the deposed objects of an instance.
func (s *State) Deposed(address string) []string {
	var keys []string
	for key := range s.objects {
		if key.address == address && key.deposed != "" {
			keys = append(keys, key.deposed)
		}
	}
	slices.Sort(keys)
	return keys
}

// object is an object that is being worked on.
type object struct {
	value        cty.Value
	identity     cty.Value // NilVal for none
	private      []byte
	tainted      bool
	createFirst  bool
	dependencies []string
}

// instance is one of the objects that a block stands for.
type instance struct {
	block    string
	kind     string
	typeName string
	provider string
	key      cty.Value // NilVal without for_each and count
}

func (i instance) address() string {
	if i.key == cty.NilVal {
		return i.block
	}
	return i.block + "[" + keyText(i.key) + "]"
}

func (r *record) instance() instance {
	i := instance{block: r.block, kind: r.kind, typeName: r.typeName, provider: r.provider}
	var key any
	_ = json.Unmarshal([]byte(r.key), &key) // written by keep
	switch key := key.(type) {
	case string:
		i.key = cty.StringVal(key)
	case float64:
		i.key = cty.NumberIntVal(int64(key))
	}
	return i
}

// keep writes an object into the state as JSON; nil removes it.
func (s *State) keep(i instance, deposed string, held *object, of *schema) error {
	at := objectKey{address: i.address(), deposed: deposed}
	if held == nil {
		delete(s.objects, at)
		return nil
	}
	attributes, err := ctyjson.Marshal(held.value, of.objectType)
	if err != nil {
		return err
	}
	written := &record{
		block: i.block, kind: i.kind, typeName: i.typeName, provider: i.provider, key: "null", version: of.version,
		shape: of.objectType, attributes: attributes, private: held.private, tainted: held.tainted, createFirst: held.createFirst,
		dependencies: slices.Sorted(slices.Values(held.dependencies)),
	}
	if i.key != cty.NilVal {
		written.key = keyText(i.key)
	}
	if of.identity != nil && held.identity != cty.NilVal && !held.identity.IsNull() {
		written.identityShape = *of.identity
		if written.identity, err = ctyjson.Marshal(held.identity, *of.identity); err != nil {
			return err
		}
	}
	s.objects[at] = written
	return nil
}

// depose moves the current object of an instance aside.
func (s *State) depose(address string) string {
	key := strconv.Itoa(len(s.objects))
	for _, taken := s.objects[objectKey{address, key}]; taken; _, taken = s.objects[objectKey{address, key}] {
		key += "x"
	}
	s.objects[objectKey{address, key}] = s.objects[objectKey{address: address}]
	delete(s.objects, objectKey{address: address})
	return key
}

// restore undoes depose if nothing has taken the object's place.
func (s *State) restore(address, key string) {
	if _, taken := s.objects[objectKey{address: address}]; taken {
		return
	}
	s.objects[objectKey{address: address}] = s.objects[objectKey{address, key}]
	delete(s.objects, objectKey{address, key})
}

// same compares states by all that an engine would save. Refreshing compares
// what providers keep with their objects as well.
func (s *State) same(other *State) bool {
	return maps.EqualFunc(s.objects, other.objects, func(a, b *record) bool {
		return a.kind == "data" || bytes.Equal(a.attributes, b.attributes) && bytes.Equal(a.identity, b.identity) &&
			bytes.Equal(a.private, b.private) && a.tainted == b.tainted
	})
}
