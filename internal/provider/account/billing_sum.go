// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package account

import (
	"context"
	"math/big"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/attributes"
)

// read fills in what was billed.
func (m *billingDataSourceModel) read(ctx context.Context, client *fal.Client, query fal.BillingQuery) diag.Diagnostics {
	lists := m.IncludeEvents.IsNull() || m.IncludeEvents.ValueBool()
	total, events, unpriced := new(big.Int), []attr.Value{}, 0
	missing := slices.Clone(query.RequestIDs)
	for event, err := range client.BillingEvents(ctx, query) {
		switch {
		case err != nil:
			return billingFailed(query, attributes.Late(ctx, err))
		case lists && len(events) == mostEvents:
			return diag.Diagnostics{tooManyEvents()}
		case lists:
			events = append(events, eventValue(event))
		}
		if event.Cost == nil {
			unpriced++
		} else {
			total.Add(total, event.Cost)
		}
		missing = slices.DeleteFunc(missing, func(id string) bool { return id == event.RequestID })
	}
	m.TotalCost = dollars(total)
	m.Events = types.ListNull(eventType)
	if lists {
		m.Events = types.ListValueMust(eventType, events)
	}
	m.MissingRequestIDs = types.SetNull(types.StringType)
	if query.RequestIDs != nil {
		ids := make([]attr.Value, len(missing))
		for i, id := range missing {
			ids[i] = types.StringValue(id)
		}
		m.MissingRequestIDs = types.SetValueMust(types.StringType, ids)
	}
	if unpriced > 0 {
		return diag.Diagnostics{costsUnknown(unpriced)}
	}
	return nil
}

func eventValue(event fal.BillingEvent) attr.Value {
	cost := types.NumberNull()
	if event.Cost != nil {
		cost = dollars(event.Cost)
	}
	return types.ObjectValueMust(eventType.AttrTypes, map[string]attr.Value{
		"request_id":   types.StringValue(event.RequestID),
		"endpoint_id":  types.StringValue(event.EndpointID),
		"timestamp":    attributes.RFC3339(event.Timestamp),
		"output_units": number(event.OutputUnits),
		"unit_price":   number(event.UnitPrice),
		"cost_total":   cost,
	})
}

// dollars is an amount in billionths of a dollar.
func dollars(billionths *big.Int) types.Number {
	return number(new(big.Rat).SetFrac(billionths, big.NewInt(1e9)))
}

// The precision of an engine's numbers, in bits, and how many decimals survive it.
const (
	numberPrecision = 512
	numberDecimals  = 60
)

// number is what an engine makes of the same number written in a configuration: a
// float64 would not be 0.1, and add up to 0.30000000000000004.
func number(exact *big.Rat) types.Number {
	if exact == nil {
		return types.NumberNull()
	}
	parsed, _, err := big.ParseFloat(exact.FloatString(numberDecimals), 10, numberPrecision, big.ToNearestEven)
	if err != nil {
		return types.NumberNull()
	}
	return types.NumberValue(parsed)
}
