// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// Document is the plan as `show -json` writes it, so that the checks of the
// testing library can look at it.
func (p *Plan) Document() (*tfjson.Plan, error) {
	document := &tfjson.Plan{FormatVersion: "1.2", TerraformVersion: "1.11.4", OutputChanges: map[string]*tfjson.Change{}}
	keys := make([]objectKey, 0, len(p.changes))
	for key := range p.changes {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b objectKey) int { return strings.Compare(a.address+" "+a.deposed, b.address+" "+b.deposed) })
	for _, key := range keys {
		c := p.changes[key]
		shown, err := shownChange(c.before, c.after)
		if err != nil {
			return nil, err
		}
		shown.Actions = c.action.actions()
		if c.importing {
			shown.Importing = &tfjson.Importing{}
		}
		resource := &tfjson.ResourceChange{
			Address: key.address, Mode: tfjson.ManagedResourceMode, Type: c.instance.typeName, Name: c.instance.name(),
			ProviderName: c.instance.provider, DeposedKey: key.deposed, Change: shown,
		}
		if c.instance.kind == "data" {
			resource.Mode = tfjson.DataResourceMode
		}
		document.ResourceChanges = append(document.ResourceChanges, resource)
	}
	for name, o := range p.outputs {
		shown, err := shownChange(o.before, o.after)
		if err != nil {
			return nil, err
		}
		switch {
		case o.before.RawEquals(o.after):
			shown.Actions = noOp.actions()
		case o.before.IsNull():
			shown.Actions = create.actions()
		case o.after.IsNull() && o.after.IsKnown():
			shown.Actions = remove.actions()
		default:
			shown.Actions = update.actions()
		}
		document.OutputChanges[name] = shown
	}
	return document, nil
}

func (a action) actions() tfjson.Actions {
	switch a {
	case create:
		return tfjson.Actions{tfjson.ActionCreate}
	case update:
		return tfjson.Actions{tfjson.ActionUpdate}
	case remove:
		return tfjson.Actions{tfjson.ActionDelete}
	case deleteAndCreate:
		return tfjson.Actions{tfjson.ActionDelete, tfjson.ActionCreate}
	case createAndDelete:
		return tfjson.Actions{tfjson.ActionCreate, tfjson.ActionDelete}
	case readData:
		return tfjson.Actions{tfjson.ActionRead}
	default:
		return tfjson.Actions{tfjson.ActionNoop}
	}
}

func shownChange(before, after cty.Value) (*tfjson.Change, error) {
	shown := &tfjson.Change{BeforeSensitive: false, AfterSensitive: false, AfterUnknown: unknown(after)}
	var err error
	if shown.Before, err = known(before); err != nil {
		return nil, err
	}
	shown.After, err = known(after)
	return shown, err
}

// known is a value as JSON has it, with what is unknown left out.
func known(value cty.Value) (any, error) {
	if !value.IsKnown() || value.IsNull() {
		return nil, nil
	}
	switch t := value.Type(); {
	case t.IsObjectType() || t.IsMapType():
		object := map[string]any{}
		for it := value.ElementIterator(); it.Next(); {
			key, element := it.Element()
			if !element.IsKnown() {
				continue
			}
			inner, err := known(element)
			if err != nil {
				return nil, err
			}
			object[key.AsString()] = inner
		}
		return object, nil
	case t.IsTupleType() || t.IsListType() || t.IsSetType():
		list := []any{}
		for it := value.ElementIterator(); it.Next(); {
			_, element := it.Element()
			inner, err := known(element)
			if err != nil {
				return nil, err
			}
			list = append(list, inner)
		}
		return list, nil
	default:
		encoded, err := ctyjson.Marshal(value, t)
		if err != nil {
			return nil, err
		}
		decoder := json.NewDecoder(bytes.NewReader(encoded))
		decoder.UseNumber()
		var plain any
		err = decoder.Decode(&plain)
		return plain, err
	}
}

// unknown says true in place of each unknown value.
func unknown(value cty.Value) any {
	if !value.IsKnown() {
		return true
	}
	if value.IsNull() {
		return false
	}
	switch t := value.Type(); {
	case t.IsObjectType() || t.IsMapType():
		object := map[string]any{}
		for it := value.ElementIterator(); it.Next(); {
			key, element := it.Element()
			if inner := unknown(element); inner != false {
				object[key.AsString()] = inner
			}
		}
		return object
	case t.IsTupleType() || t.IsListType() || t.IsSetType():
		list := []any{}
		for it := value.ElementIterator(); it.Next(); {
			_, element := it.Element()
			list = append(list, unknown(element))
		}
		return list
	default:
		return false
	}
}

// Document is the state as `show -json` writes it.
func (s *State) Document() (*tfjson.State, error) {
	root := &tfjson.StateModule{}
	document := &tfjson.State{
		FormatVersion: "1.0", TerraformVersion: "1.11.4",
		Values: &tfjson.StateValues{RootModule: root, Outputs: map[string]*tfjson.StateOutput{}},
	}
	keys := make([]objectKey, 0, len(s.objects))
	for key := range s.objects {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b objectKey) int { return strings.Compare(a.address+" "+a.deposed, b.address+" "+b.deposed) })
	for _, key := range keys {
		held := s.objects[key]
		i := held.instance()
		shown := &tfjson.StateResource{
			Address: key.address, Mode: tfjson.ManagedResourceMode, Type: held.typeName, Name: i.name(), ProviderName: held.provider,
			SchemaVersion: uint64(held.version), DependsOn: held.dependencies, Tainted: held.tainted, DeposedKey: key.deposed, //nolint:gosec // versions count from 0
		}
		if held.kind == "data" {
			shown.Mode = tfjson.DataResourceMode
		}
		if i.key != cty.NilVal {
			shown.Index, _ = known(i.key)
		}
		var err error
		if shown.AttributeValues, err = shownObject(held.attributes, held.shape); err != nil {
			return nil, err
		}
		if held.identity != nil {
			if shown.IdentityValues, err = shownObject(held.identity, held.identityShape); err != nil {
				return nil, err
			}
		}
		root.Resources = append(root.Resources, shown)
	}
	for name, o := range s.outputs {
		value, err := known(o.value)
		if err != nil {
			return nil, err
		}
		document.Values.Outputs[name] = &tfjson.StateOutput{Value: value, Type: o.value.Type(), Sensitive: o.sensitive}
	}
	return document, nil
}

// shownObject is an object of the state without the types that the state keeps
// with values of any type.
func shownObject(encoded []byte, shape cty.Type) (map[string]any, error) {
	value, err := ctyjson.Unmarshal(encoded, shape)
	if err != nil {
		return nil, err
	}
	shown, err := known(value)
	object, _ := shown.(map[string]any)
	return object, err
}

// name is the second label of the block.
func (i instance) name() string {
	return i.block[strings.LastIndexByte(i.block, '.')+1:]
}
