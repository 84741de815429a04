// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"sync"

	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// functionTable are the functions of expressions.
type functionTable = map[string]function.Function

// builtinFunctions are those of an engine's functions that tests have wanted.
var builtinFunctions = sync.OnceValue(func() functionTable {
	return functionTable{
		"abs": stdlib.AbsoluteFunc, "can": tryfunc.CanFunc, "ceil": stdlib.CeilFunc, "coalesce": stdlib.CoalesceFunc,
		"compact": stdlib.CompactFunc, "concat": stdlib.ConcatFunc, "contains": stdlib.ContainsFunc, "distinct": stdlib.DistinctFunc,
		"element": stdlib.ElementFunc, "file": fileFunction, "flatten": stdlib.FlattenFunc, "floor": stdlib.FloorFunc,
		"format": stdlib.FormatFunc, "join": stdlib.JoinFunc, "jsondecode": stdlib.JSONDecodeFunc, "jsonencode": stdlib.JSONEncodeFunc,
		"keys": stdlib.KeysFunc, "length": lengthFunction, "lookup": stdlib.LookupFunc, "lower": stdlib.LowerFunc,
		"max": stdlib.MaxFunc, "merge": stdlib.MergeFunc, "min": stdlib.MinFunc, "one": oneFunction, "range": stdlib.RangeFunc,
		"replace": stdlib.ReplaceFunc, "setproduct": stdlib.SetProductFunc, "sha256": sha256Function, "slice": stdlib.SliceFunc, "split": stdlib.SplitFunc, "sum": sumFunction, "substr": stdlib.SubstrFunc,
		"tobool": stdlib.MakeToFunc(cty.Bool), "tolist": stdlib.MakeToFunc(cty.List(cty.DynamicPseudoType)),
		"tomap": stdlib.MakeToFunc(cty.Map(cty.DynamicPseudoType)), "tonumber": stdlib.MakeToFunc(cty.Number),
		"toset": stdlib.MakeToFunc(cty.Set(cty.DynamicPseudoType)), "tostring": stdlib.MakeToFunc(cty.String),
		"trimspace": stdlib.TrimSpaceFunc, "try": tryfunc.TryFunc, "upper": stdlib.UpperFunc, "values": stdlib.ValuesFunc, "zipmap": stdlib.ZipmapFunc,
	}
})

// textFunction is a function from one text to another.
func textFunction(call func(string) (string, error)) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "text", Type: cty.String}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(arguments []cty.Value, _ cty.Type) (cty.Value, error) {
			result, err := call(arguments[0].AsString())
			return cty.StringVal(result), err
		},
	})
}

var (
	fileFunction = textFunction(func(path string) (string, error) {
		content, err := os.ReadFile(filepath.Clean(path))
		return string(content), err
	})
	sha256Function = textFunction(func(text string) (string, error) {
		sum := sha256.Sum256([]byte(text))
		return hex.EncodeToString(sum[:]), nil
	})
	// lengthFunction counts characters too, which the library's does not.
	lengthFunction = function.New(&function.Spec{
		Params: []function.Parameter{{Name: "value", Type: cty.DynamicPseudoType, AllowDynamicType: true, AllowUnknown: true}},
		Type:   function.StaticReturnType(cty.Number),
		Impl: func(arguments []cty.Value, _ cty.Type) (cty.Value, error) {
			value := arguments[0]
			switch t := value.Type(); {
			case t == cty.DynamicPseudoType:
				return cty.UnknownVal(cty.Number), nil
			case t == cty.String:
				return stdlib.Strlen(value)
			case t.IsObjectType():
				return cty.NumberIntVal(int64(len(t.AttributeTypes()))), nil
			case t.IsTupleType():
				return cty.NumberIntVal(int64(t.Length())), nil
			default:
				return value.Length(), nil
			}
		},
	})
	sumFunction = function.New(&function.Spec{
		Params: []function.Parameter{{Name: "list", Type: cty.List(cty.Number)}},
		Type:   function.StaticReturnType(cty.Number),
		Impl: func(arguments []cty.Value, _ cty.Type) (cty.Value, error) {
			total := cty.Zero
			for it := arguments[0].ElementIterator(); it.Next(); {
				_, element := it.Element()
				total = total.Add(element)
			}
			return total, nil
		},
	})
	oneFunction = function.New(&function.Spec{
		Params: []function.Parameter{{Name: "list", Type: cty.DynamicPseudoType}},
		Type: func(arguments []cty.Value) (cty.Type, error) {
			list := arguments[0]
			if list.Type().IsCollectionType() {
				return list.Type().ElementType(), nil
			}
			if list.Type().IsTupleType() && list.Type().Length() == 1 {
				return list.Type().TupleElementType(0), nil
			}
			return cty.DynamicPseudoType, nil
		},
		Impl: func(arguments []cty.Value, t cty.Type) (cty.Value, error) {
			switch arguments[0].LengthInt() {
			case 0:
				return cty.NullVal(t), nil
			case 1:
				it := arguments[0].ElementIterator()
				it.Next()
				_, element := it.Element()
				return element, nil
			default:
				return cty.NilVal, errors.New("must be a list, set or tuple value with either zero or one elements")
			}
		},
	})
)

// providerFunction calls a provider's function, which it does not need to be
// configured for.
func providerFunction(ctx context.Context, p *plugin, name string, declared *tfprotov6.Function) (function.Function, error) {
	parameter := func(of *tfprotov6.FunctionParameter) (function.Parameter, error) {
		t, err := ctyType(of.Type)
		return function.Parameter{
			Name: of.Name, Type: t, AllowNull: of.AllowNullValue, AllowUnknown: of.AllowUnknownValues,
			AllowDynamicType: t == cty.DynamicPseudoType, // a null without a type is handed over, too
		}, err
	}
	result, err := ctyType(declared.Return.Type)
	if err != nil {
		return function.Function{}, err
	}
	spec := &function.Spec{Type: function.StaticReturnType(result)}
	for _, of := range declared.Parameters {
		p, err := parameter(of)
		if err != nil {
			return function.Function{}, err
		}
		spec.Params = append(spec.Params, p)
	}
	if declared.VariadicParameter != nil {
		variadic, err := parameter(declared.VariadicParameter)
		if err != nil {
			return function.Function{}, err
		}
		spec.VarParam = &variadic
	}
	spec.Impl = func(arguments []cty.Value, _ cty.Type) (cty.Value, error) {
		request := &tfprotov6.CallFunctionRequest{Name: name}
		for i, argument := range arguments {
			t := spec.VarParam
			if i < len(spec.Params) {
				t = &spec.Params[i]
			}
			sent, err := packed(argument, t.Type)
			if err != nil {
				return cty.NilVal, err
			}
			request.Arguments = append(request.Arguments, sent)
		}
		response, err := p.server.CallFunction(ctx, request)
		switch {
		case err != nil:
			return cty.NilVal, err
		case response.Error != nil && response.Error.FunctionArgument != nil:
			return cty.NilVal, function.NewArgError(int(*response.Error.FunctionArgument), errors.New(response.Error.Text))
		case response.Error != nil:
			return cty.NilVal, errors.New(response.Error.Text)
		}
		value, err := unpacked(response.Result, result)
		if err != nil {
			return cty.NilVal, err
		}
		return convert.Convert(value, result)
	}
	return function.New(spec), nil
}
