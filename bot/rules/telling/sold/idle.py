"""Words that ask, compare or say what is done anyway: they narrow nothing."""

from bot.text.normalize import word_set

IDLE = word_set(
    "different differents differente differentes distinct distincts distinctes quarter trimestre "
    "comes come came from higher lower larger smaller use uses used win won superieur inferieur "
    "compare compared comparing comparison comparer comparez compares vs versus than against "
    "between entre rapport contre same meme better worse mieux difference fastest split broken "
    "down breakdown repartition evolution trend sell sells sold selling ordered order bought buy "
    "buying place placed entire each every chaque selon our business doing commandent achetent "
    "faisons realise realisons vend vendons vendu vendus vendues vente ventes sales orders "
    "commandes que quelle brought brings bring bringing more fewer earn make made making generate "
    "generates generated genere generent amene amenent apporte apportent apportes worth spend "
    "depensent value valeur temps long take takes mny hw share n'achete achete achetes commande "
    "commander took via vient viennent venu venus venant provient proviennent issu issus issues "
    "provenant ones compte compter comptons enregistre enregistrees contain contains containing "
    "contenant contiennent include includes including placees passees livrons livre ship serve "
    "deliver gagne gagnes gained acquired acquis comment was were happened passe cours during "
    "over pendant durant cas nearly roughly environ exactly exactement donne strongest popular "
    "populaire ask demande did people thing things chose choses bons bonne bon good well best "
    "through chez vers at around back their leurs ils elles because parce cause reason reasons "
    "motif motifs raison raisons comparaison face across toutes confondues up hausse baisse goes "
    "got mean moy seulement uniquement just also aussi then puis alors actually globally "
    "globalement average moyenne rythme par biggest weight poids stand stands store data donnees "
    "shows looks look like ressemble ressemblent ressort placer effectue effectuees effectuer "
    "avez-vous avons-nous sont-ils quels go gone going increased increase augmente augmentee "
    "baissent montent monte running "
)
