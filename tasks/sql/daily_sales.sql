-- One row a day. The traffic of a day stands on each of its rows, so it is taken once and not summed.
select
    date,
    sum(total_amount) as total_amount,
    sum(quantity)     as quantity,
    count(*)          as order_count,
    max(pageviews)    as pageviews,
    max(sessions)     as sessions
from data_complete
group by date
order by date
