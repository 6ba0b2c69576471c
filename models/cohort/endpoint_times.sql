-- the endpoints of protocol.yml: the first of their events, or the end of an event-free follow-up
with inputs as (
    select * from {{ ref('endpoint_inputs') }}
),

first_events as (
    {%- for endpoint in var('protocol')['endpoints'] %}
    select
        patient_id,
        '{{ endpoint.id }}' as endpoint,
        -- of two events on one day the one that the protocol names first
        {{ earliest_day(endpoint.events) }} as event_day,
        case {{ earliest_day(endpoint.events) }}
            {%- for event in endpoint.events %}
            when {{ event }}_day then '{{ event }}'
            {%- endfor %}
        end as event,
        {{ 'null' if endpoint.next_line == 'ignore' else 'next_line_day' }} as next_line_day,
        {{ 'true' if endpoint.next_line == 'event' else 'false' }} as is_next_line_event,
        {{ endpoint.censored_at }}_day as censored_day,
        {{ endpoint.censored_at }}_day_by_next_line as censored_day_by_next_line,
        '{{ endpoint.censored_at }}' as censored_at
    from inputs
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

-- an event on the very day on which the next line starts still counts
settled as (
    select
        *,
        event_day is not null and event_day <= coalesce(next_line_day, event_day) as has_event
    from first_events
)

select
    patient_id,
    endpoint,
    case
        when has_event then event_day
        when next_line_day is null then coalesce(censored_day, 0)
        when is_next_line_event then next_line_day
        else coalesce(censored_day_by_next_line, 0)
    end as days,
    has_event or (next_line_day is not null and is_next_line_event) as is_event,
    case
        when has_event then event
        when next_line_day is not null then 'next_line'
        else censored_at
    end as end_reason
from settled
