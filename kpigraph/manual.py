"""What `--help` teaches of each command, in Japanese and in English: what it does, how it is called, how it ends.

The first paragraph is the one line of the list of commands. `\\b` keeps the lines of a paragraph as they stand.
"""

from kpigraph import variables

# The program: what it is for, how to begin.
PROGRAM = (
    "自治体の重要業績評価指標（KPI）文書を、検証済みで検索・再利用できるリンクト・オープン・データにします。\n\n"
    "初めての方は、次の順に試してください。\n\n"
    "\b\n"
    "  kpigraph inspect data/sources/012068/sogo-senryaku-kpi-2016\n"
    "                     文書の読み取り結果を見る\n"
    "  kpigraph build     公開物を public に作る\n"
    "  kpigraph serve     http://127.0.0.1:8000/ で見る\n\n"
    "各コマンドの説明と例は kpigraph COMMAND --help で表示されます。",
    "Turn a municipality's KPI document into validated, published, queryable linked open data.\n\n"
    "New here? Try these, in this order.\n\n"
    "\b\n"
    "  kpigraph inspect data/sources/012068/sogo-senryaku-kpi-2016\n"
    "                     see how a document is read\n"
    "  kpigraph build     publish into public\n"
    "  kpigraph serve     look at http://127.0.0.1:8000/\n\n"
    "kpigraph COMMAND --help explains a command, with examples.",
)
STATUSES = (
    "終了コード: 0 正常、1 データの誤り、2 呼び出しの誤り。結果は標準出力、エラーと経過は標準エラー出力に書きます。"
    "表示の言語: KPIGRAPH_LANG=ja|en",
    "Exit status: 0 fine, 1 the data is at fault, 2 the call is. Results go to stdout; errors and progress to stderr. "
    "Language: KPIGRAPH_LANG=ja|en",
)

COMMANDS: dict[str, tuple[str, str]] = {
    "build": (
        "文書を読み、検証し、公開物を作る。\n\n"
        "DATA（省略時は data）の sources/ にあるすべての文書を読み、グラフに変換し、SHACLで検証して、公開物を作ります。"
        "読めないセルや違反が一つでもあれば、場所とともにすべて示して終わり、公開中の版は変わりません。"
        "内容が前と同じなら、新しい版は作りません。変わっていない文書は読み直さず、前の結果を公開物の .cache から使います。\n\n"
        "\b\n"
        "  kpigraph build                        data を読んで public に公開する\n"
        "  kpigraph build data --out public -v   警告もすべて表示する\n"
        "  kpigraph build --jobs 8               8プロセスで処理する\n"
        "  kpigraph build --keep 10              新しい版を10個だけ残す\n"
        "  kpigraph build --cluster tls://10.0.0.5:8786   Dask のクラスターで処理する\n\n"
        "終了コード: 0 公開した、1 データに誤りがある、2 呼び出しの誤り。",
        "Read every document, validate, publish a snapshot.\n\n"
        "Reads every document in sources/ of DATA (data if left out), maps it into a graph, validates the graph with "
        "SHACL and publishes it. One cell that cannot be read, or one violation, and all of them are listed with their "
        "places; what is published stays as it was. Where nothing has changed, no new release is made. Documents that have not changed are not read "
        "again: what they came to is kept in .cache of the publication.\n\n"
        "\b\n"
        "  kpigraph build                        read data, publish into public\n"
        "  kpigraph build data --out public -v   print every warning too\n"
        "  kpigraph build --jobs 8               use 8 processes\n"
        "  kpigraph build --keep 10              keep the 10 newest releases only\n"
        "  kpigraph build --cluster tls://10.0.0.5:8786   use a Dask cluster\n\n"
        "Exit status: 0 published, 1 the data is at fault, 2 the call is.",
    ),
    "new": (
        "文書の card.toml の案を書く。\n\n"
        "FILE を data/sources/CODE/ の新しいフォルダーに写し、形式・文字コード・見出し・配置・年度の書き方を調べて、"
        "根拠を添えた card.toml を隣に書きます。決められなかったことは一覧にします。\n\n"
        "\b\n"
        "  kpigraph new 012068 kpi.csv --name 釧路市\n\n"
        "終了コード: 0 書いた、1 ファイルが読めない、2 呼び出しの誤り。",
        "Propose the card.toml of a document.\n\n"
        "Copies FILE into a new folder in data/sources/CODE/ and writes a card.toml beside it, with format, encoding, "
        "headings, layout and years as found, each with its evidence. What could not be told is listed.\n\n"
        "\b\n"
        "  kpigraph new 012068 kpi.csv --name Kushiro\n\n"
        "Exit status: 0 written, 1 the file cannot be read, 2 the call is wrong.",
    ),
    "import": (
        "ほかの公開者の公開物を取り込む。\n\n"
        "都道府県が市町村の公開物をまとめて公開する、などに使います。manifest.json のチェックサム、基底 IRI、"
        "ほかの自治体のものについて述べていないこと、単位と期間の意味、SHACL を確かめてから data/imports に置きます。"
        "次の build から、由来とともに公開されます。同じ名前で取り込むと置き換わります。"
        "ネットワークに出るのはこのコマンドだけで、指定したアドレスだけです。\n\n"
        "\b\n"
        "  kpigraph import https://kpi.city.example.jp/\n"
        "  kpigraph import public --as kushiro       手元の公開物を取り込む\n"
        "  kpigraph import --list\n"
        "  kpigraph import --remove kushiro\n\n"
        "終了コード: 0 取り込んだ、1 取り込み元に誤りがある（前のものはそのまま）、2 呼び出しの誤り。",
        "Import what another publisher publishes.\n\n"
        "So a prefecture publishes its municipalities' own publications together. Checksums of manifest.json, base IRI, "
        "that it speaks of no other's things, what its units and periods mean, and SHACL are checked before it is kept in "
        "data/imports; the next build publishes it with its provenance. An import of the same name is replaced. "
        "This is the only command that goes out to the network, and only to the address given.\n\n"
        "\b\n"
        "  kpigraph import https://kpi.city.example.jp/\n"
        "  kpigraph import public --as kushiro       a publication on this disk\n"
        "  kpigraph import --list\n"
        "  kpigraph import --remove kushiro\n\n"
        "Exit status: 0 imported, 1 the publication is at fault (what was there stays), 2 the call is.",
    ),
    "link": (
        "ほかの自治体とも比べられる共通指標との対応を提案する。\n\n"
        "指標ごとに、名前・単位・期間・施策から、共通指標（data/codelists/indicators.ttl）とほかの自治体の指標を探し、確からしさと"
        "根拠を示します。提案は data/alignments/ の対応表（SSSOM）に「提案」として残り、人が kpigraph review で認めるまで何も公開しません。"
        "何度実行しても、人が決めた行は変わらず、否定した組は二度と提案しません。\n\n"
        "\b\n"
        "  kpigraph link 012068\n"
        "  kpigraph link --least 0.5 --dry-run   弱い候補も見るだけ\n\n"
        "終了コード: 0 探した（見つからなくても 0）、1 文書か対応表に誤りがある、2 その団体コードの文書がない。",
        "Propose shared indicators that a municipality's own ones can be compared by.\n\n"
        "Looks for the shared indicator (data/codelists/indicators.ttl) and for other municipalities' indicators that each "
        "may measure, by name, unit, period and measure, with a score and reasons. Proposals are kept in the mapping file in "
        "data/alignments/ (SSSOM) as proposed; nothing is published until a person accepts it with kpigraph review. However "
        "often it runs, what a person decided stays, and a rejected pair is never proposed again.\n\n"
        "\b\n"
        "  kpigraph link 012068\n"
        "  kpigraph link --least 0.5 --dry-run   look at weaker ones too, write nothing\n\n"
        "Exit status: 0 looked, even if nothing was found; 1 a document or mapping file is at fault; 2 no document of that code.",
    ),
    "review": (
        "提案された対応を確認し、決める。\n\n"
        "一件ずつ示し、一つのキーで決めます: e 同じ、c ほぼ同じ、b 相手の方が広い、n 相手の方が狭い、r 違う、d 保留、s 飛ばす、u 取り消す、"
        "q 終わる。決めるたびに対応表に書きます。--page ではブラウザーで同じことができます（このコンピューターからだけ開けます）。"
        "確認者の名前（--reviewer か KPIGRAPH_REVIEWER）は公開されます。\n\n"
        "\b\n"
        "  kpigraph review 012068 --reviewer 釧路市総合政策部\n"
        "  kpigraph review --page --reviewer 釧路市総合政策部\n\n"
        "終了コード: 0 終えた、1 文書か対応表に誤りがある、2 呼び出しの誤り。",
        "Decide on proposed matches.\n\n"
        "Shows one at a time; one key decides: e exact, c close, b the other is broader, n the other is narrower, r reject, "
        "d defer, s skip, u undo, q quit. Each decision is written at once. --page does the same in a browser, which must be "
        "on this computer. The name of who reviews (--reviewer or KPIGRAPH_REVIEWER) is published.\n\n"
        "\b\n"
        "  kpigraph review 012068 --reviewer 'Planning department, Kushiro'\n"
        "  kpigraph review --page --reviewer 'Planning department, Kushiro'\n\n"
        "Exit status: 0 done, 1 a document or mapping file is at fault, 2 the call is wrong.",
    ),
    "inspect": (
        "文書の一つ一つのセルがどう読まれたかを示す。\n\n"
        "セルごとに一行: 行とセルの番号（1から）、印字された文字列、種類（施策、期間、値など）、訂正後の文字列、読み。"
        "最後に「セルの数 = 読めた数 + 読めない数」を示します。文書のフォルダーには card.toml が要ります（docs/cards.md）。\n\n"
        "\b\n"
        "  kpigraph inspect data/sources/012068/sogo-senryaku-kpi-2016\n"
        "  kpigraph inspect data/sources/012068/sogo-senryaku-kpi-2016 -f csv\n\n"
        "終了コード: 0 すべて読めた、1 読めないセルか誤りがある、2 呼び出しの誤り。",
        "Show how every cell of a document was read, and what was not.\n\n"
        "A line for each cell: number of line and cell (from 1), what is printed, what it is (measure, period, value, …), "
        "its text once corrected, how it is read. At the end: cells = read + unread. "
        "The folder of a document holds its card.toml (docs/cards.md).\n\n"
        "\b\n"
        "  kpigraph inspect data/sources/012068/sogo-senryaku-kpi-2016\n"
        "  kpigraph inspect data/sources/012068/sogo-senryaku-kpi-2016 -f csv\n\n"
        "Exit status: 0 all read, 1 a cell is unread or at fault, 2 the call is at fault.",
    ),
    "validate": (
        "RDFファイルか公開物をSHACLで検証する。\n\n"
        "違反と警告を一行ずつ: 対象、直し方、形状の名前。ファイルの形式は拡張子（ttl nt nq trig rdf jsonld）で決まります。"
        "フォルダーを渡すと、その中の公開中の版を検証します。\n\n"
        "\b\n"
        "  kpigraph validate public\n"
        "  kpigraph validate mine.ttl more.nq --shapes shapes\n"
        "  kpigraph validate public --engine pyshacl     pySHACL で突き合わせる\n\n"
        "終了コード: 0 違反なし（警告だけなら 0）、1 違反があるか、検証の対象が一つもない、2 検証できない。",
        "Validate RDF files or a snapshot with SHACL.\n\n"
        "A line for each violation and warning: the node, how to put it right, the name of the shape. The format of a file is told "
        "by its suffix (ttl nt nq trig rdf jsonld). For a folder, the release in use there is validated.\n\n"
        "\b\n"
        "  kpigraph validate public\n"
        "  kpigraph validate mine.ttl more.nq --shapes shapes\n"
        "  kpigraph validate public --engine pyshacl     cross-check with pySHACL\n\n"
        "Exit status: 0 conforms (warnings alone are 0), 1 violations or nothing to check, 2 could not run.",
    ),
    "query": (
        "公開物にSPARQLで問い合わせる。\n\n"
        "kpi: skos: などのいつもの接頭辞は PREFIX なしで使えます。グラフ（CONSTRUCT、DESCRIBE）は Turtle で出力します。"
        "尋ねる例は README と ontology/questions にあります。\n\n"
        "\b\n"
        "  kpigraph query 'SELECT ?name { ?i a kpi:Indicator ; skos:prefLabel ?name }'\n"
        "  kpigraph query - --format csv < question.rq\n\n"
        "終了コード: 0 答えた、2 問い合わせとして読めない、公開物がない。",
        "Query a snapshot with SPARQL.\n\n"
        "The usual prefixes (kpi: skos: …) need no PREFIX. A graph (CONSTRUCT, DESCRIBE) is given as Turtle. "
        "README.md and ontology/questions hold questions worth asking.\n\n"
        "\b\n"
        "  kpigraph query 'SELECT ?name { ?i a kpi:Indicator ; skos:prefLabel ?name }'\n"
        "  kpigraph query - --format csv < question.rq\n\n"
        "Exit status: 0 answered, 2 no query that can be read, or no publication.",
    ),
    "export": (
        "公開物のファイルを一つ取り出す。\n\n"
        "\b\n"
        "  turtle jsonld ntriples nquads trig rdfxml   グラフ全体\n"
        "  csv（= observations） listings assessments   表\n"
        "  csvw                                        表の説明 (CSVW)\n"
        "  catalog                                     DCAT カタログ（Turtle）\n"
        "  stratml                                     計画一つ (StratML)\n\n"
        "\b\n"
        "  kpigraph export csv -o observations.csv\n"
        "  kpigraph export turtle | head\n\n"
        "終了コード: 0 書いた、2 形式か公開物がない。",
        "Write one file of the publication, such as turtle or csv.\n\n"
        "\b\n"
        "  turtle jsonld ntriples nquads trig rdfxml   the whole graph\n"
        "  csv (= observations) listings assessments   the tables\n"
        "  csvw                                        their description (CSVW)\n"
        "  catalog                                     the DCAT catalogue, as Turtle\n"
        "  stratml                                     one plan as StratML\n\n"
        "\b\n"
        "  kpigraph export csv -o observations.csv\n"
        "  kpigraph export turtle | head\n\n"
        "Exit status: 0 written, 2 no such format, or no publication.",
    ),
    "diff": (
        "二つの版、または二つの公開物の違いを示す。\n\n"
        "A と B は、版（012068/sogo-senryaku-kpi/2016）、公開版の名前（kpigraph releases）、または公開物のフォルダーです。\n\n"
        "\b\n"
        "  kpigraph diff 012068/plan/2016 012068/plan/2017\n"
        "  kpigraph diff 000001-1a2b3c4d5e6f 000002-6f5e4d3c2b1a --format turtle\n\n"
        "終了コード: 0 比べた（違いがあっても 0）、2 比べるものがない。",
        "Tell what changed between two editions or two snapshots.\n\n"
        "A and B are editions (012068/sogo-senryaku-kpi/2016), names of releases (kpigraph releases) or folders of "
        "publications.\n\n"
        "\b\n"
        "  kpigraph diff 012068/plan/2016 012068/plan/2017\n"
        "  kpigraph diff 000001-1a2b3c4d5e6f 000002-6f5e4d3c2b1a --format turtle\n\n"
        "Exit status: 0 compared, differences or not; 2 there is nothing to compare.",
    ),
    "serve": (
        "公開物を配信する（なければ先に作る）。\n\n"
        "ページ、ダウンロード、/sparql を http で配信します。配信中に build が新しい版を公開すると、次の要求から新しい版になります。"
        "--data では、RDFファイルをそのまま、同じ手順と保護で配信します。--store を添えるとそのフォルダーに保存し、"
        "次からはそこから開きます。止めるには Ctrl-C。\n\n"
        "\b\n"
        "  kpigraph serve --port 8080\n"
        "  kpigraph serve --data mine.ttl more.trig --port 8080\n"
        "  kpigraph serve --data big.nq --store kept\n\n"
        "終了コード: 0 止められた、1 公開物を作れない、2 呼び出しの誤り（ファイル、ポートなど）。",
        "Serve a snapshot; build it first if there is none.\n\n"
        "Serves pages, downloads and /sparql over http. A release that a build publishes meanwhile is served from the "
        "next request on. With --data, RDF files are served as they are, under the same protocol and protections; "
        "with --store beside it they are kept in that folder and reopened from it the next time. Ctrl-C stops it.\n\n"
        "\b\n"
        "  kpigraph serve --port 8080\n"
        "  kpigraph serve --data mine.ttl more.trig --port 8080\n"
        "  kpigraph serve --data big.nq --store kept\n\n"
        "Exit status: 0 stopped, 1 the publication could not be built, 2 the call is at fault (file, port, …).",
    ),
    "load": (
        "公開した版をほかの SPARQL エンジンにも公開する。\n\n"
        "公開中の版（または --release の版）を、エンジンにまだないグラフだけ送り、行ごとに比べてから、一度に切り替えます。"
        "途中で止まっても、エンジンの公開中の版は前のままです。書き込みの利用者とパスワードは環境変数 KPIGRAPH_ENGINE_USER、"
        "KPIGRAPH_ENGINE_PASSWORD に、更新の URL は（分からないとき）KPIGRAPH_ENGINE_UPDATE に書きます。\n\n"
        "\b\n"
        "  kpigraph load --engine http://127.0.0.1:8890/sparql\n"
        "  kpigraph load --engine http://127.0.0.1:8890/sparql --bulk /srv/load\n"
        "  kpigraph serve --store http://127.0.0.1:8890/sparql\n"
        "  kpigraph rollback --store http://127.0.0.1:8890/sparql\n\n"
        "終了コード: 0 公開した、2 公開物がない、エンジンが答えない・断る、元と違う、ほかの公開が書き込み中。",
        "Publish a release to another SPARQL engine too.\n\n"
        "Sends the graphs of the current release (or that of --release) that the engine does not have yet, compares them "
        "row by row, and switches in one step. Whenever it stops, the engine's release in use stays as it was. User and "
        "password for writing are in KPIGRAPH_ENGINE_USER and KPIGRAPH_ENGINE_PASSWORD; where updates go, if it cannot be "
        "told, in KPIGRAPH_ENGINE_UPDATE.\n\n"
        "\b\n"
        "  kpigraph load --engine http://127.0.0.1:8890/sparql\n"
        "  kpigraph load --engine http://127.0.0.1:8890/sparql --bulk /srv/load\n"
        "  kpigraph serve --store http://127.0.0.1:8890/sparql\n"
        "  kpigraph rollback --store http://127.0.0.1:8890/sparql\n\n"
        "Exit status: 0 published; 2 no publication, the engine does not answer, refuses, or gives something else back, or "
        "another publication is at work on it.",
    ),
    "prune": (
        "ほかのエンジンから古い版を消す。\n\n"
        "新しい --keep 個と公開中の版を残し、どの版も使わないグラフを消します。\n\n"
        "\b\n"
        "  kpigraph prune --store http://127.0.0.1:8890/sparql --keep 3\n\n"
        "終了コード: 0 消した（消すものがなくても 0）、2 エンジンが答えないか断る。",
        "Remove old releases from another engine.\n\n"
        "Keeps the newest --keep releases and the one in use, and removes graphs that no release is left to use.\n\n"
        "\b\n"
        "  kpigraph prune --store http://127.0.0.1:8890/sparql --keep 3\n\n"
        "Exit status: 0 removed, even if there was nothing; 2 the engine does not answer or refuses.",
    ),
    "verify": (
        "版のファイルをチェックサムと署名で確かめる。\n\n"
        "manifest.json の SHA-256 と一つずつ比べ、署名があれば確かめ、データセットごとの正規化ハッシュ（RDFC-1.0）をダンプから計算し直します。"
        "--store にエンジンの URL を書くと、その版のグラフをすべて読み返して比べます。--key に公開者の公開鍵を渡すと、"
        "その鍵で署名された版でなければ誤りとします。公開鍵は公開者のウェブサイトの /.well-known/minisign.pub や"
        "カタログにありますが、版そのものとは別の所（広報、印刷物など）で受け取ったものと比べてください。\n\n"
        "\b\n"
        "  kpigraph verify\n"
        "  kpigraph verify 000001-1a2b3c4d5e6f --store public\n"
        "  kpigraph verify --key city-minisign.pub\n"
        "  minisign -Vm public/current/manifest.json -P RWRN…    このプログラムなしで署名を確かめる\n\n"
        "終了コード: 0 すべて一致、1 欠けたか変わったファイルがある、署名が合わない、2 その版がない。",
        "Check the files of a release against its manifest and signature.\n\n"
        "Compares each file with the SHA-256 in manifest.json, checks the signature where there is one, and computes the "
        "canonical hash (RDFC-1.0) of each dataset anew from the dump. With --key, the "
        "publisher's public key, a release that is not signed with that key is at fault. The key is at "
        "/.well-known/minisign.pub of the publisher's site and in its catalogue; compare it with one that came to you by "
        "another way, such as in print. With the URL of an engine as --store, reads all graphs of its release back and "
        "compares them.\n\n"
        "\b\n"
        "  kpigraph verify\n"
        "  kpigraph verify 000001-1a2b3c4d5e6f --store public\n"
        "  kpigraph verify --key city-minisign.pub\n"
        "  minisign -Vm public/current/manifest.json -P RWRN…    check the signature without this program\n\n"
        "Exit status: 0 all as published, 1 a file is missing or changed or the signature does not hold, 2 no such release.",
    ),
    "keys": (
        "公開版に署名する鍵を作る、公開鍵を表示する。\n\n"
        "環境変数 KPIGRAPH_SIGNING_KEY に秘密鍵のファイルを指定すると、build は作った版に署名し、公開鍵を版とカタログに載せます。"
        "鍵と署名は minisign の形式（ed25519）で、だれでも minisign -V で確かめられます。\n\n"
        "\b\n"
        "  kpigraph keys new /etc/kpigraph/signing.key\n"
        "  KPIGRAPH_SIGNING_KEY=/etc/kpigraph/signing.key kpigraph build\n"
        "  kpigraph verify --key /etc/kpigraph/signing.key.pub\n\n"
        "終了コード: 0 正常、2 鍵が使えない。",
        "Make the key that releases are signed with; show its public half.\n\n"
        "Where KPIGRAPH_SIGNING_KEY names the file of a secret key, build signs the release it makes, and publishes the "
        "public key beside it and in the catalogue. Keys and signatures are those of minisign (ed25519): anybody can check "
        "them with minisign -V.\n\n"
        "\b\n"
        "  kpigraph keys new /etc/kpigraph/signing.key\n"
        "  KPIGRAPH_SIGNING_KEY=/etc/kpigraph/signing.key kpigraph build\n"
        "  kpigraph verify --key /etc/kpigraph/signing.key.pub\n\n"
        "Exit status: 0 fine, 2 the key cannot be used.",
    ),
    "releases": (
        "公開した版を並べる。\n\n"
        "古い順に、名前と作成日時。* は公開中の版です。--keep N は新しい N 個と公開中の版のほかを消します。\n\n"
        "終了コード: 0 並べた、2 公開物がない。",
        "List the releases; * marks the current one.\n\n"
        "Oldest first, each with the time it was made. --keep N removes all but the N newest and the current one.\n\n"
        "Exit status: 0 listed, 2 there is no publication.",
    ),
    "municipalities": (
        "都道府県と市区町村の一覧を見る、取り込む。\n\n"
        "団体コードから名前、かな、都道府県を知るための一覧です。data/codelists/municipalities.csv があればそれを、"
        "なければ付属の一覧を使います。import は総務省の「全国地方公共団体コード」の表（xls、xlsx）から"
        "municipalities.csv を作ります。誤りが一つでもあれば場所とともにすべて示し、今の一覧は変えません。"
        "同じ名前の自治体があるので、対応付けは必ずコードで行います。\n\n"
        "\b\n"
        "  kpigraph municipalities show 012068      コードか名前で探す\n"
        "  kpigraph municipalities list 北海道      北海道の一覧\n"
        "  kpigraph municipalities import 000925835.xls --data data\n\n"
        "終了コード: 0 正常、1 表に誤りがある、見つからない、または同じ名前が複数ある、2 呼び出しの誤り。",
        "The list of prefectures and municipalities: look up, import.\n\n"
        "Tells name, kana and prefecture of a code. It is data/codelists/municipalities.csv, or the list that comes with "
        "the program where there is no such file. import makes that file of the ministry's spreadsheet of local "
        "government codes (xls, xlsx). One fault in it, and all are listed with their places; the list stays as it was. "
        "Several municipalities share a name, so matching is by code.\n\n"
        "\b\n"
        "  kpigraph municipalities show 012068    find by code or name\n"
        "  kpigraph municipalities list 01        those of Hokkaido\n"
        "  kpigraph municipalities import 000925835.xls --data data\n\n"
        "Exit status: 0 fine, 1 the spreadsheet is at fault, or the text names none or several, 2 the call is at fault.",
    ),
    "rollback": (
        "前の版（または指定の版）に戻す。\n\n"
        "戻す先を先に verify し、壊れていれば戻しません。配信中のサーバーは次の要求から戻した版を使います。\n\n"
        "\b\n"
        "  kpigraph rollback\n"
        "  kpigraph rollback 000001-1a2b3c4d5e6f\n\n"
        "終了コード: 0 戻した、2 戻せる版がないか、壊れている。",
        "Switch back to the release before, or to the one named.\n\n"
        "That release is verified first; a damaged one is refused. A running server uses it from the next request on.\n\n"
        "\b\n"
        "  kpigraph rollback\n"
        "  kpigraph rollback 000001-1a2b3c4d5e6f\n\n"
        "Exit status: 0 switched, 2 there is no such release, or it is damaged.",
    ),
}

KEYS: dict[str, tuple[str, str]] = {
    "new": (
        "鍵の組を作る: FILE に秘密鍵、FILE.pub に公開鍵。\n\n"
        "秘密鍵は所有者だけが読めるように書きます。すでにあるファイルには書きません。最後の行が公開鍵です。\n\n"
        "終了コード: 0 作った、2 書けない、すでにある。",
        "Make a pair of keys: the secret one in FILE, the public one in FILE.pub.\n\n"
        "Only its owner can read the secret key. No file is overwritten. The last line printed is the public key.\n\n"
        "Exit status: 0 made, 2 cannot be written, or there already.",
    ),
    "show": (
        "秘密鍵 FILE に対応する公開鍵を表示する。\n\n終了コード: 0 表示した、2 鍵が使えない。",
        "Print the public key that belongs to the secret key in FILE.\n\n"
        "Exit status: 0 printed, 2 the key cannot be used.",
    ),
}


def of(command: str) -> tuple[str, str]:
    """Return the help of a command in Japanese and English, with the environment variables that it reads."""
    return (
        COMMANDS[command][0] + variables.paragraph(command)[0],
        COMMANDS[command][1] + variables.paragraph(command)[1],
    )
