// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
)

var _ function.Function = deriveSeedFunction{}

func newDeriveSeedFunction() function.Function { return deriveSeedFunction{} }

// deriveSeedFunction is derive_seed: the seed of an image that sets none.
type deriveSeedFunction struct{}

func (deriveSeedFunction) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "derive_seed"
}

func (deriveSeedFunction) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "The seed of an image that sets none",
		MarkdownDescription: "Returns the seed that `flux2_image` derives from a prompt and keepers: a whole number between 0 and 4294967295. " +
			"It makes no network call. The rule is frozen: the same arguments always give the same seed.",
		Parameters: []function.Parameter{
			function.StringParameter{Name: "prompt", MarkdownDescription: "The prompt of the image. LF and CRLF line endings give the same seed, also in the keepers."},
			function.MapParameter{
				Name:                "keepers",
				MarkdownDescription: "The keepers of the image. An empty map means no keepers. The keepers of an image without any are `null`: write `coalesce(keepers, {})`.",
				ElementType:         types.StringType,
			},
		},
		Return: function.Int64Return{},
	}
}

func (deriveSeedFunction) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var prompt string
	var keepers types.Map
	resp.Error = function.ConcatFuncErrors(resp.Error, req.Arguments.Get(ctx, &prompt, &keepers))
	if resp.Error != nil {
		return
	}
	words := make(map[string]types.String)
	resp.Error = function.ConcatFuncErrors(resp.Error, function.FuncErrorFromDiags(ctx, keepers.ElementsAs(ctx, &words, false)))
	known := make(map[string]string, len(words))
	for name, word := range words {
		if word.IsNull() {
			resp.Error = function.ConcatFuncErrors(resp.Error, argumentError(1, "The keeper "+name+" is null. Give it a value or remove it."))
		}
		known[name] = word.ValueString()
	}
	if resp.Error != nil {
		return
	}
	seed, err := flux2.DeriveSeed(prompt, known)
	if err != nil {
		resp.Error = function.NewFuncError("No seed could be derived: " + err.Error() + ".")
		return
	}
	resp.Error = resp.Result.Set(ctx, int64(seed))
}

// argumentError is about the argument at a position. Engines end it with a full stop
// of their own.
func argumentError(position int64, problem string) *function.FuncError {
	return function.NewArgumentFuncError(position, strings.TrimSuffix(problem, "."))
}
