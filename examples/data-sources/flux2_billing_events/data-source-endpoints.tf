# The cost of each endpoint in one week. Events that fal names no cost for are left
# out.
data "flux2_billing_events" "week" {
  start = "2026-09-07T00:00:00+02:00"
  end   = "2026-09-14T00:00:00+02:00"
}

output "cost_by_endpoint" {
  value = {
    for endpoint in distinct(data.flux2_billing_events.week.events[*].endpoint_id) : endpoint => sum([
      for event in data.flux2_billing_events.week.events : coalesce(event.cost_total, 0) if event.endpoint_id == endpoint
    ])
  }
}
