//! Queries of TPC-H: plans.

use insta::assert_snapshot;

use super::plan;

#[test]
fn tpch() {
    assert_snapshot!(plan("select l_returnflag, l_linestatus, sum(l_quantity) as sum_qty, sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)) as sum_charge, avg(l_quantity) as avg_qty, count(*) as count_order from lineitem where l_shipdate <= date '1998-12-01' - interval '90' day group by l_returnflag, l_linestatus order by l_returnflag, l_linestatus"), @r#"
    sort l_returnflag, l_linestatus
      aggregate by l_returnflag, l_linestatus: sum_qty = sum(l_quantity), sum_charge = sum((l_extendedprice * (1.00d - l_discount::decimal(16,2))) * (1.00d + l_tax::decimal(16,2))), avg_qty = avg(l_quantity), count_order = count(*)
        filter l_shipdate <= date '1998-09-02'
          table lineitem
    => l_returnflag string, l_linestatus string, sum_qty decimal(38,2), sum_charge decimal(38,6), avg_qty decimal(38,8), count_order int
    "#);
    assert_snapshot!(plan("select l_orderkey, sum(l_extendedprice * (1 - l_discount)) as revenue, o_orderdate, o_shippriority from customer, tpch_orders, lineitem where c_mktsegment = 'BUILDING' and c_custkey = o_custkey and l_orderkey = o_orderkey and o_orderdate < date '1995-03-15' and l_shipdate > date '1995-03-15' group by l_orderkey, o_orderdate, o_shippriority order by revenue desc, o_orderdate limit 10"), @r#"
    limit 10
      sort revenue desc, o_orderdate
        project l_orderkey, revenue, o_orderdate, o_shippriority
          aggregate by l_orderkey, o_orderdate, o_shippriority: revenue = sum(l_extendedprice * (1.00d - l_discount::decimal(16,2)))
            inner join on o_orderkey = l_orderkey
              inner join on c_custkey = o_custkey
                filter c_mktsegment = 'BUILDING'
                  table customer
                filter o_orderdate < date '1995-03-15'
                  table tpch_orders
              filter l_shipdate > date '1995-03-15'
                table lineitem
    => l_orderkey int, revenue decimal(38,4), o_orderdate date, o_shippriority int
    "#);
    assert_snapshot!(plan("select o_orderpriority, count(*) as order_count from tpch_orders where o_orderdate >= date '1993-07-01' and o_orderdate < date '1993-07-01' + interval '3' month and exists (select * from lineitem where l_orderkey = o_orderkey and l_commitdate < l_receiptdate) group by o_orderpriority order by o_orderpriority"), @r#"
    sort o_orderpriority
      aggregate by o_orderpriority: order_count = count(*)
        semi join on o_orderkey = subquery1.1
          filter (o_orderdate >= date '1993-07-01') and (o_orderdate < date '1993-10-01')
            table tpch_orders
          project subquery1.1 = l_orderkey
            filter l_commitdate < l_receiptdate
              table lineitem
    => o_orderpriority string, order_count int
    "#);
    assert_snapshot!(plan("select n_name, sum(l_extendedprice * (1 - l_discount)) as revenue from customer, tpch_orders, lineitem, supplier, nation, region where c_custkey = o_custkey and l_orderkey = o_orderkey and l_suppkey = s_suppkey and c_nationkey = s_nationkey and s_nationkey = n_nationkey and n_regionkey = r_regionkey and r_name = 'ASIA' group by n_name order by revenue desc"), @r#"
    sort revenue desc
      aggregate by n_name: revenue = sum(l_extendedprice * (1.00d - l_discount::decimal(16,2)))
        inner join on n_regionkey = r_regionkey
          inner join on s_nationkey = n_nationkey
            inner join on l_suppkey = s_suppkey and c_nationkey = s_nationkey
              inner join on o_orderkey = l_orderkey
                inner join on c_custkey = o_custkey
                  table customer
                  table tpch_orders
                table lineitem
              table supplier
            table nation
          filter r_name = 'ASIA'
            table region
    => n_name string, revenue decimal(38,4)
    "#);
    assert_snapshot!(plan("select ps_partkey, sum(ps_supplycost * ps_availqty) as value from partsupp, supplier, nation where ps_suppkey = s_suppkey and s_nationkey = n_nationkey and n_name = 'GERMANY' group by ps_partkey having sum(ps_supplycost * ps_availqty) > (select sum(ps_supplycost * ps_availqty) * 0.0001 from partsupp, supplier, nation where ps_suppkey = s_suppkey and s_nationkey = n_nationkey and n_name = 'GERMANY') order by value desc"), @r#"
    sort value desc
      project ps_partkey, value
        filter value::decimal(38,6) > subquery1.value
          cross join
            aggregate by ps_partkey: value = sum(ps_supplycost * ps_availqty::decimal(19,0))
              inner join on s_nationkey = n_nationkey
                inner join on ps_suppkey = s_suppkey
                  table partsupp
                  table supplier
                filter n_name = 'GERMANY'
                  table nation
            project subquery1.value = column_1
              project column_1 = sum_1 * 0.0001d
                aggregate sum_1 = sum(ps_supplycost * ps_availqty::decimal(19,0))
                  inner join on s_nationkey = n_nationkey
                    inner join on ps_suppkey = s_suppkey
                      table partsupp
                      table supplier
                    filter n_name = 'GERMANY'
                      table nation
    => ps_partkey int, value decimal(38,2)
    "#);
    assert_snapshot!(plan("select sum(l_extendedprice) / 7.0 as avg_yearly from lineitem, part where p_partkey = l_partkey and p_brand = 'Brand#23' and l_quantity < (select 0.2 * avg(l_quantity) from lineitem where l_partkey = p_partkey)"), @r#"
    project avg_yearly = sum_1 / 7.0d
      aggregate sum_1 = sum(l_extendedprice)
        filter l_quantity::decimal(38,9) < (0.2d * subquery1.agg1)
          left join on p_partkey = subquery1.1
            inner join on l_partkey = p_partkey
              table lineitem
              filter p_brand = 'Brand#23'
                table part
            aggregate by subquery1.1 = l_partkey: subquery1.agg1 = avg(l_quantity)
              table lineitem
    => avg_yearly decimal(38,8)
    "#);
    assert_snapshot!(plan("select sum(l_extendedprice * (1 - l_discount)) as revenue from lineitem, part where (p_partkey = l_partkey and p_brand = 'Brand#12' and p_size between 1 and 5) or (p_partkey = l_partkey and p_brand = 'Brand#23' and p_size between 1 and 10)"), @r#"
    aggregate revenue = sum(l_extendedprice * (1.00d - l_discount::decimal(16,2)))
      inner join on l_partkey = p_partkey
        table lineitem
        filter (p_size >= 1) and (((p_brand = 'Brand#12') and (p_size <= 5)) or ((p_brand = 'Brand#23') and (p_size <= 10)))
          table part
    => revenue decimal(38,4)
    "#);
    assert_snapshot!(plan("select s_name, count(*) as numwait from supplier, lineitem l1, tpch_orders, nation where s_suppkey = l1.l_suppkey and o_orderkey = l1.l_orderkey and l1.l_receiptdate > l1.l_commitdate and exists (select * from lineitem l2 where l2.l_orderkey = l1.l_orderkey and l2.l_suppkey <> l1.l_suppkey) and not exists (select * from lineitem l3 where l3.l_orderkey = l1.l_orderkey and l3.l_suppkey <> l1.l_suppkey and l3.l_receiptdate > l3.l_commitdate) and s_nationkey = n_nationkey group by s_name order by numwait desc, s_name limit 100"), @r#"
    limit 100
      sort numwait desc, s_name
        aggregate by s_name: numwait = count(*)
          anti join on l_orderkey = subquery2.1 if subquery2.l_suppkey <> l_suppkey
            semi join on l_orderkey = subquery1.1 if subquery1.l_suppkey <> l_suppkey
              inner join on s_nationkey = n_nationkey
                inner join on l_orderkey = o_orderkey
                  inner join on s_suppkey = l_suppkey
                    table supplier
                    filter l_receiptdate > l_commitdate
                      table lineitem
                  table tpch_orders
                table nation
              project subquery1.1 = l_orderkey, subquery1.l_suppkey = l_suppkey
                table lineitem
            project subquery2.1 = l_orderkey, subquery2.l_suppkey = l_suppkey
              filter l_receiptdate > l_commitdate
                table lineitem
    => s_name string, numwait int
    "#);
    assert_snapshot!(plan("select cntrycode, count(*) as numcust from (select substring(c_phone from 1 for 2) as cntrycode, c_acctbal from customer where substring(c_phone from 1 for 2) in ('13', '31') and c_acctbal > (select avg(c_acctbal) from customer where c_acctbal > 0.00) and not exists (select * from tpch_orders where o_custkey = c_custkey)) as custsale group by cntrycode order by cntrycode"), @r#"
    sort cntrycode
      aggregate by cntrycode: numcust = count(*)
        project cntrycode = substr(c_phone, 1, 2), c_acctbal
          filter c_acctbal::decimal(38,8) > subquery1.value
            anti join on c_custkey = subquery2.1
              cross join
                filter substr(c_phone, 1, 2) in ('13', '31')
                  table customer
                project subquery1.value = avg
                  aggregate avg = avg(c_acctbal)
                    filter c_acctbal > 0.00d
                      table customer
              project subquery2.1 = o_custkey
                table tpch_orders
    => cntrycode string, numcust int
    "#);
    assert_snapshot!(plan("select o_orderpriority, sum(case when o_orderstatus = 'F' then 1 else 0 end) * 100.0 / count(*) as share from tpch_orders where extract(year from o_orderdate) = 1995 group by o_orderpriority"), @r#"
    project o_orderpriority, share = (sum_1::float * 100.0) / count_2::float
      aggregate by o_orderpriority: sum_1 = sum(case when o_orderstatus = 'F' then 1 else 0 end), count_2 = count(*)
        filter extract_year(o_orderdate) = 1995
          table tpch_orders
    => o_orderpriority string, share float
    "#);
}
