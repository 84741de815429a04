// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/zclconf/go-cty/cty"
	ctymsgpack "github.com/zclconf/go-cty/cty/msgpack"
)

// packed is a value as it goes over the wire.
func packed(value cty.Value, t cty.Type) (*tfprotov6.DynamicValue, error) {
	encoded, err := ctymsgpack.Marshal(value, t)
	if err != nil {
		return nil, err
	}
	return &tfprotov6.DynamicValue{MsgPack: encoded}, nil
}

// unpacked is what came over the wire; what is missing is null.
func unpacked(dynamic *tfprotov6.DynamicValue, t cty.Type) (cty.Value, error) {
	if dynamic == nil {
		return cty.NullVal(t), nil
	}
	value, err := ctymsgpack.Unmarshal(dynamic.MsgPack, t)
	if err != nil {
		return cty.NilVal, fmt.Errorf("the provider's answer does not fit its schema: %w", err)
	}
	return value, nil
}

// packedIdentity is nil for what has no identity.
func (s *schema) packedIdentity(identity cty.Value) (*tfprotov6.ResourceIdentityData, error) {
	if s.identity == nil || identity == cty.NilVal || identity.IsNull() {
		return nil, nil //nolint:nilnil // the protocol leaves an identity out by nil
	}
	dynamic, err := packed(identity, *s.identity)
	return &tfprotov6.ResourceIdentityData{IdentityData: dynamic}, err
}

// unpackedIdentity is NilVal for what has no identity.
func (s *schema) unpackedIdentity(data *tfprotov6.ResourceIdentityData) (cty.Value, error) {
	if s.identity == nil || data == nil || data.IdentityData == nil {
		return cty.NilVal, nil
	}
	return unpacked(data.IdentityData, *s.identity)
}
