with large as (
    select l_orderkey, sum(l_quantity) as quantity
    from lineitem
    group by l_orderkey
    having sum(l_quantity) > 300
)
select
    c.c_name,
    c.c_custkey,
    o.o_orderkey,
    o.o_orderdate,
    o.o_totalprice,
    large.quantity
from large
join orders o on o.o_orderkey = large.l_orderkey
join customer c on c.c_custkey = o.o_custkey
order by o.o_totalprice desc, o.o_orderdate
limit 100
